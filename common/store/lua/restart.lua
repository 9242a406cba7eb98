-- restart.lua - ask a process to restart.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 name
-- Returns {incarnation, 1 when it is asked now or 0 when it was before}, an empty
-- list when there is no such process.
--
-- Atomic: of many requests one is the first.  It is for an incarnation: the next
-- life of the name is not asked (register.lua).
--
-- Repeated: it was asked before.
--
-- uses: shard, memory, numbers, instance, cluster_event

local stream, cap, name = unpack(ARGV)
local known = incarnation_of(name)

if not known then
    return {}
end
local incarnation = digits(known)
if redis.call('HGET', p .. 'restarts', name) == incarnation then
    return { incarnation, 0 }
end
pass_memory_limit()
redis.call('HSET', p .. 'restarts', name, incarnation)
tell_event(stream, cap, 'restart_requested', 'n', name, 'i', incarnation)
return { incarnation, 1 }
