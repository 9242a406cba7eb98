-- instance_list.lua - the processes, as they say of themselves.
--
-- ARGV  none
-- Returns {Redis' time in ms, {name, record, name, record ...},
--          {name, ms of its last heartbeat ...} of hubs, the same of spreaders,
--          and of delivers}.
--
-- Atomic: all of it is of one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, time

local function heartbeats(role)
    return redis.call('ZRANGE', p .. 'heartbeats:' .. role, 0, -1,
        'WITHSCORES')
end

return { digits(now_ms()), redis.call('HGETALL', p .. 'instances'),
         heartbeats('hub'), heartbeats('spreader'), heartbeats('deliver') }
