-- wake.lua - tells the owner of the shard that something is due earlier than it
-- knows.
--
-- uses: shard

-- The owner waits for an entry of `wake`; one is as good as many.
local function wake_owner()
    redis.call('XADD', p .. 'wake', 'MAXLEN', 1, '*', 'v', 1)
end

