-- register.lua - register a process, or renew its registration.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 name, 4 role,
--       5 incarnation of the caller, 0 before its first registration,
--       6 the record as a JSON object, without version, incarnation and time
-- Returns {incarnation, the one before it}: the second is 0 when the caller's
-- did not change, or nothing is known of one before.  FENCED when the name is
-- another process's: its record has a higher incarnation.
--
-- Atomic: an incarnation is given out once.  The first one of a name is Redis'
-- time, so that one from before a FLUSHALL does not become valid again.
--
-- Repeated: a first registration gets an incarnation more, a later one keeps
-- its own.
--
-- uses: shard, memory, numbers, time, instance, cluster_event

local stream, cap, name, role = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local own = tonumber(ARGV[5])
local known = incarnation_of(name)
local now = now_ms()

if own > 0 and known and known > own then
    error({ err = 'FENCED ' .. name .. ' is another process, incarnation ' ..
        digits(known) })
end

-- Of one whose record alone was lost too: nobody has taken it for dead.
local function keeps_its_own()
    return own > 0 and (known or own) == own and
        redis.call('ZSCORE', p .. 'heartbeats:' .. role, name) and
        redis.call('HEXISTS', p .. 'removing', name .. ':' .. ARGV[5]) == 0
end

pass_memory_limit()
local incarnation, before = own, 0
if not keeps_its_own() then
    before = math.max(own, known or 0)
    incarnation = known and before + 1 or math.max(now, own + 1)
    for _, other in ipairs({ 'hub', 'spreader', 'deliver' }) do
        redis.call('ZREM', p .. 'heartbeats:' .. other, name)
    end
    redis.call('HDEL', p .. 'restarts', name)
    redis.call('HDEL', p .. 'removed', name)
    tell_event(stream, cap, 'instance_registered', 'n', name, 'i',
        digits(incarnation), 'r', role)
    if before > 0 and role == 'deliver' then
        tell_event(stream, cap, 'deliver_restarted', 'n', name, 'i',
            digits(incarnation), 'r', role)
    end
end
redis.call('ZADD', p .. 'heartbeats:' .. role, digits(now), name)
redis.call('HSET', p .. 'instances', name, '{"v":1,"incarnation":' ..
    digits(incarnation) .. ',"last_successful_registration_ms":' ..
    digits(now) .. ',' .. string.sub(ARGV[6], 2))
return { digits(incarnation), digits(before) }
