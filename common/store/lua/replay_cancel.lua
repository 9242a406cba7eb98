-- replay_cancel.lua - a replay ends before its time.
--
-- ARGV  1 id of the replay
-- Returns 1, 0 when there is none, or 2 when it has ended before.
--
-- Atomic: the owner posts nothing of it from now on.  What was posted before is
-- delivered.
--
-- Repeated: it has ended before.
--
-- uses: shard, replay

local state = redis.call('HGET', p .. 'replay:' .. ARGV[1], 's')
if not state then
    return 0
end
if state ~= 'running' then
    return 2
end
end_replay(ARGV[1], 'cancelled')
return 1
