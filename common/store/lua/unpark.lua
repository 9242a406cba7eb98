-- unpark.lua - move jobs that wait for a host or callback back to the outbox.
--
-- ARGV  1 its name, 2 most jobs to move
-- Returns {jobs moved, jobs left}.
--
-- Atomic: a job is in the list or in the outbox.  It is removed first: Redis at
-- its memory limit refuses a script whose first write needs memory.
--
-- Repeated: as many jobs come again; none comes twice.
--
-- uses: shard, time, numbers, parked, parked_for

local moved, left = unpark(ARGV[1], ARGV[2])
if left == 0 then
    redis.call('ZREM', p .. 'retry', 'h ' .. ARGV[1])
else
    redis.call('ZADD', p .. 'retry', 'XX', digits(now_ms() + PARKED_MS),
        'h ' .. ARGV[1])
end
return { moved, left }
