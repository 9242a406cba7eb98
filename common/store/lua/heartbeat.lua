-- heartbeat.lua - say that a process lives, and learn who doesn't.
--
-- ARGV  1 name, 2 role, 3 incarnation, 4 ms after which a heartbeat is missing
-- Returns {1 when the caller's own heartbeat was missing (then it judges
--          nobody), live spreaders, ms until the next heartbeat goes missing
--          unless it is renewed, 1 when a restart is requested,
--          then of each process that may be removed its name, role and
--          incarnation, which is 0 when that is not known}.
-- FENCED when the record is gone, or of another incarnation, or the caller is
-- being removed.
--
-- Atomic: who has been taken for dead does not get its heartbeat back.
--
-- Repeated: the heartbeat is newer.
--
-- uses: shard, memory, numbers, time, instance, heartbeat, removing

local VICTIMS_MAX = 16
local LOOK_MAX = 64 -- some are being removed already

local name, role, own = ARGV[1], ARGV[2], ARGV[3]
local timeout = tonumber(ARGV[4])
local now = now_ms()

local function check_incarnation()
    local known = incarnation_of(name)
    if not known then
        error({ err = 'FENCED the record of ' .. name .. ' is gone' })
    end
    if known ~= tonumber(own) then
        error({ err = 'FENCED ' .. name .. ' is incarnation ' ..
            digits(known) .. ' by now' })
    end
    if redis.call('HEXISTS', p .. 'removing', name .. ':' .. own) == 1 then
        error({ err = 'FENCED ' .. name .. ' is being removed' })
    end
end

-- Those that somebody removes, and those whose reaper has died.
local function look_at_locks(victims)
    local held, locks = {}, redis.call('HGETALL', p .. 'removing')
    for i = 1, #locks, 2 do
        local of, its_role, is_held = locks[i],
            parse_removing(locks[i + 1], now)
        held[of] = true
        if its_role and not is_held then
            local its_name, incarnation = string.match(of, '^(.*):(%d+)$')
            victims[#victims + 1] = { its_name, its_role, incarnation }
        end
    end
    return held
end

local function look_at(its_role, from, to, held, victims)
    local names = redis.call('ZRANGEBYSCORE', p .. 'heartbeats:' .. its_role,
        from, to, 'LIMIT', 0, LOOK_MAX)
    for _, its_name in ipairs(names) do
        local incarnation = digits(incarnation_of(its_name) or 0)
        if not held[its_name .. ':' .. incarnation] then
            victims[#victims + 1] = { its_name, its_role, incarnation }
        end
    end
end

-- In how many ms the oldest heartbeat of the role goes missing.
local function next_missing(its_role)
    local oldest = redis.call('ZRANGEBYSCORE', p .. 'heartbeats:' .. its_role,
        digits(now - timeout), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
    return oldest and math.max(0, oldest + timeout - now + 1) or timeout
end

check_incarnation()
pass_memory_limit()
local mine = p .. 'heartbeats:' .. role
local last = redis.call('ZSCORE', mine, name)
local is_late = not last or is_missing(tonumber(last), now, timeout)
redis.call('ZADD', mine, digits(now), name)

local old, ahead = digits(now - timeout), digits(now + timeout)
local victims, soonest, held = {}, timeout, {}
if redis.call('EXISTS', p .. 'removing') == 1 then
    held = look_at_locks(victims)
end
for _, its_role in ipairs({ 'hub', 'spreader', 'deliver' }) do
    look_at(its_role, '-inf', '(' .. old, held, victims)
    look_at(its_role, '(' .. ahead, '+inf', held, victims)
    soonest = math.min(soonest, next_missing(its_role))
end
local reply = { is_late and 1 or 0,
    redis.call('ZCOUNT', p .. 'heartbeats:spreader', old, ahead), soonest,
    redis.call('HGET', p .. 'restarts', name) == own and 1 or 0 }
for i = 1, math.min(#victims, VICTIMS_MAX) do
    for _, word in ipairs(victims[i]) do
        reply[#reply + 1] = word
    end
end
return reply
