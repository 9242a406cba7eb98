-- free.lua - end the ownership of a process that is dead.
--
-- ARGV  1 name, 2 incarnation
-- Returns the epoch that was ended, "0" when the row is another's, or of a later
-- incarnation, or free.
--
-- Atomic: the ownership of another is not ended.
--
-- Repeated: it is over.
--
-- uses: shard, time, memory, lease

local row = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
if row[1] ~= ARGV[1] or tonumber(row[2]) > tonumber(ARGV[2]) or
    not is_valid(row[4], now_ms()) then
    return '0'
end
pass_memory_limit()
redis.call('HSET', p .. 'owner', 'until', 0)
return row[3]
