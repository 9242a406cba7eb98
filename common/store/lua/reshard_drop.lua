-- reshard_drop.lua - delete keys of the old layout.
--
-- ARGV  1 name of the mark that stands in the shard while they are dropped, then
--       their names
-- Returns 1, or 0 when the mark is gone: another mover has come further, and the
-- keys may be those of the new layout.
--
-- Atomic: the look at the mark, and the deletion.
--
-- Repeated: they are gone.
--
-- uses: shard

if redis.call('EXISTS', p .. ARGV[1]) == 0 then
    return 0
end
for i = 2, #ARGV do
    redis.call('UNLINK', p .. ARGV[i])
end
return 1
