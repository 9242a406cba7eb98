-- fetch.lua - what the owner of the shard is to fetch.
--
-- `fetch` is a sorted set, by due time in ms.  A member is `p TOPIC`, an
-- announced topic, or `w Q GENERATION TOPIC`, a topic to look at before the
-- subscribe request Q is verified.  While a member is fetched it is in the hash
-- `fetching`; what is in both is fetched once more.  `fetch_failures` has how
-- often in a row a member has failed.
--
-- uses: shard, numbers, wake

-- A member wants a fetch at `due_ms`, or earlier when it does already.  The owner
-- knows of what is due before it, unless that is being fetched.
local function want_fetch(member, due_ms)
    redis.call('ZADD', p .. 'fetch', 'LT', digits(due_ms), member)
    local first = redis.call('ZRANGE', p .. 'fetch', 0, 0)[1]
    if first == member or
        redis.call('HEXISTS', p .. 'fetching', first) == 1 then
        wake_owner()
    end
end

