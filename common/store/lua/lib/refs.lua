-- refs.lua - how many jobs refer to an event.
--
-- uses: shard

-- Takes `count` jobs off an event's references; the last one lets content go
-- that only waited for it.
local function release(event, count)
    local left = redis.pcall('HINCRBY', p .. 'refs', event, -count)
    if type(left) == 'table' or left <= 0 then -- an error: it is no number
        redis.call('HDEL', p .. 'refs', event)
        redis.call('DEL', p .. 'kept:' .. event)
    end
end

