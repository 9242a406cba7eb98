-- extend.lua - stay the owner.
--
-- ARGV  1 epoch, 2 ms that the ownership lasts from now on
-- Returns the epoch.  FENCED when it is not the valid one.
--
-- Atomic: who has let it end does not get it back this way.
--
-- Repeated: it lasts somewhat longer.
--
-- uses: shard, time, memory, numbers, fenced

check_owner(ARGV[1])
pass_memory_limit()
redis.call('HSET', p .. 'owner', 'until', digits(now_ms() + ARGV[2]))
return ARGV[1]
