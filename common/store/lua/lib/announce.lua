-- announce.lua - a topic was announced.
--
-- uses: shard, fetch

-- What failed before has all its attempts again.  A topic that nobody subscribes
-- to wants no fetch, so strangers can't fill Redis with topics.
local function announce(topic, td, now)
    local member = 'p ' .. topic
    if redis.call('EXISTS', p .. 'sub:' .. td) == 1 then
        want_fetch(member, now)
        redis.call('HDEL', p .. 'fetch_failures', member)
    end
end

