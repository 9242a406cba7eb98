-- refs.lua - how many jobs refer to an event.
--
-- uses: shard

-- Takes `count` jobs off an event's references; the last one lets content go
-- that only waited for it.
local function release(event, count)
    if redis.call('HINCRBY', p .. 'refs', event, -count) <= 0 then
        redis.call('HDEL', p .. 'refs', event)
        redis.call('DEL', p .. 'kept:' .. event)
    end
end

