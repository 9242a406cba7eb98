-- buried.lua - the last step of removing a dead process.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 name, 4 role
--       and 5 incarnation of the dead process
-- Returns 1, or 0 when somebody else has removed it.
--
-- Atomic: record and heartbeat of a later incarnation stay.
--
-- Repeated: it was removed before.
--
-- uses: shard, memory, instance, cluster_event

local stream, cap, name, role, incarnation = unpack(ARGV)

if redis.call('HEXISTS', p .. 'removing', name .. ':' .. incarnation) == 0 then
    return 0
end
pass_memory_limit()
redis.call('HDEL', p .. 'removing', name .. ':' .. incarnation)
if (incarnation_of(name) or 0) <= tonumber(incarnation) then
    redis.call('HDEL', p .. 'instances', name)
    redis.call('HDEL', p .. 'restarts', name)
    redis.call('ZREM', p .. 'heartbeats:' .. role, name)
end
tell_event(stream, cap, 'instance_removed', 'n', name, 'i', incarnation, 'r',
    role)
return 1
