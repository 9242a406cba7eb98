-- free.lua - end the ownership of a process that is dead.
--
-- ARGV  1 name, 2 incarnation
-- Returns the epoch that was ended, also when its time was over; "0" when the
-- row is another's, or of a later incarnation, or free.
--
-- Atomic: the ownership of another is not ended.
--
-- Repeated: it is over.
--
-- uses: shard, memory

local row = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
if row[1] ~= ARGV[1] or (tonumber(row[2]) or 0) > tonumber(ARGV[2]) or
    row[4] == '0' then
    return '0'
end
pass_memory_limit()
redis.call('HSET', p .. 'owner', 'until', 0)
return row[3]
