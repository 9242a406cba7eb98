-- buried.lua - the last step of removing a dead process.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 name, 4 role
--       and 5 incarnation of the dead process
-- Returns 1, or 0 when somebody else has removed it.
--
-- `removed` remembers it until it is replaced (alerts.lua), unless a later
-- incarnation lives.
--
-- Atomic: record and heartbeat of a later incarnation stay.
--
-- Repeated: it was removed before.
--
-- uses: shard, memory, numbers, time, instance, removed, cluster_event

local REMEMBERED_MAX = 100 -- the oldest is forgotten for a newer one

local stream, cap, name, role, incarnation = unpack(ARGV)

-- Whether another process lived when this one was heard of last, at `at`: it had
-- registered by then and was heard of later; of the same moment, by its name.
local function lived_then(at, other, since, last)
    return since <= at and (last > at or last == at and other > name)
end

-- How many of the role lived at that time, the dead process included.  So neither
-- who replaced it before anybody noticed counts, nor who was dead already.
local function count_lived(at)
    local count = 1
    local beats = redis.call('ZRANGEBYSCORE', p .. 'heartbeats:' .. role,
        digits(at), '+inf', 'WITHSCORES')
    for i = 1, #beats, 2 do
        if lived_then(at, beats[i], incarnation_of(beats[i]) or 0,
            tonumber(beats[i + 1])) then
            count = count + 1
        end
    end
    local removed = redis.call('HGETALL', p .. 'removed')
    for i = 1, #removed, 2 do
        local its_role, since, last = parse_removed(removed[i + 1])
        if its_role == role and lived_then(at, removed[i], since, last) then
            count = count + 1
        end
    end
    return count
end

local function forget_oldest()
    local removed, oldest, oldest_at = redis.call('HGETALL', p .. 'removed')
    for i = 1, #removed, 2 do
        local _, _, at = parse_removed(removed[i + 1])
        if not oldest or (at or 0) < oldest_at then
            oldest, oldest_at = removed[i], at or 0
        end
    end
    redis.call('HDEL', p .. 'removed', oldest)
end

local function remember()
    local at = tonumber(redis.call('ZSCORE', p .. 'heartbeats:' .. role, name)
        or now_ms())
    redis.call('HSET', p .. 'removed', name, print_removed(role,
        tonumber(incarnation), at, count_lived(at), 0))
    if redis.call('HLEN', p .. 'removed') > REMEMBERED_MAX then
        forget_oldest()
    end
end

if redis.call('HEXISTS', p .. 'removing', name .. ':' .. incarnation) == 0 then
    return 0
end
pass_memory_limit()
local is_gone = (incarnation_of(name) or 0) <= tonumber(incarnation)
if is_gone then
    remember()
end
redis.call('HDEL', p .. 'removing', name .. ':' .. incarnation)
if is_gone then
    redis.call('HDEL', p .. 'instances', name)
    redis.call('HDEL', p .. 'restarts', name)
    redis.call('ZREM', p .. 'heartbeats:' .. role, name)
end
tell_event(stream, cap, 'instance_removed', 'n', name, 'i', incarnation, 'r',
    role)
return 1
