-- leader.lua - who is the coordinator.
--
-- ARGV  none
-- Returns {name, incarnation, epoch, ms that it lasts unless it is extended},
-- or false when nobody is.
--
-- Atomic: the row and whether it is valid.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, time, lease

local now = now_ms()
local row = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
if not row[1] or not is_valid(row[4], now) then
    return false
end
return { row[1], row[2] or '0', row[3] or '0', digits(row[4] - now) }
