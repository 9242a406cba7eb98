-- release.lua - end one's own ownership.
--
-- ARGV  1 epoch
-- Returns the epoch, or "0" when it was over.
--
-- Atomic: the ownership of another is not ended.
--
-- Repeated: it is over.
--
-- uses: shard, memory, owner

if not owns(ARGV[1]) then
    return '0'
end
pass_memory_limit()
redis.call('HSET', p .. 'owner', 'until', 0)
return ARGV[1]
