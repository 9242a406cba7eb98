-- announce.lua - a topic was announced.
--
-- uses: shard, fetch

-- What failed before has all its attempts again.
local function announce(topic, now)
    local member = 'p ' .. topic
    want_fetch(member, now)
    redis.call('HDEL', p .. 'fetch_failures', member)
end

