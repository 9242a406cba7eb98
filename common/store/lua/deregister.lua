-- deregister.lua - the last act of a process: its record and heartbeat go.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 name, 4 role,
--       5 incarnation
-- Returns 1, or 0 when the record is gone, or another incarnation's.
--
-- Atomic: what the next life of the name has written stays.
--
-- Repeated: the record is gone.
--
-- uses: shard, memory, instance, cluster_event

local stream, cap, name, role, own = unpack(ARGV)

if incarnation_of(name) ~= tonumber(own) then
    return 0
end
pass_memory_limit()
redis.call('HDEL', p .. 'instances', name)
redis.call('ZREM', p .. 'heartbeats:' .. role, name)
redis.call('HDEL', p .. 'restarts', name)
tell_event(stream, cap, 'instance_stopped', 'n', name, 'i', own, 'r', role)
return 1
