-- unpark.lua - move jobs that wait for a host back to the outbox.
--
-- ARGV  1 host, 2 most jobs to move
-- Returns {jobs moved, jobs left}.
--
-- Atomic: a job is in the list or in the outbox.  It is removed first: Redis at
-- its memory limit refuses a script whose first write needs memory.
--
-- Repeated: as many jobs come again; none comes twice.
--
-- uses: shard, parked

local moved, left = unpark(ARGV[1], ARGV[2])
if left == 0 then
    redis.call('ZREM', p .. 'retry', 'h ' .. ARGV[1])
end
return { moved, left }
