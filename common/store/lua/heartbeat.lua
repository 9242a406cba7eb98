-- heartbeat.lua - say that a process lives, and learn who doesn't.
--
-- ARGV  1 name, 2 role, 3 incarnation, 4 ms after which a heartbeat is missing
-- Returns {1 when the caller's own heartbeat was missing (then it judges
--          nobody), live spreaders, ms until the next heartbeat goes missing
--          unless it is renewed, 1 when a restart is requested, live hubs,
--          live delivers, then of each process that may be removed its name, role and
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
local LOOK_MAX = 32 -- some are being removed already

local name, role, own = ARGV[1], ARGV[2], ARGV[3]
local timeout = tonumber(ARGV[4])
local now = now_ms()
local old, ahead = digits(now - timeout), digits(now + timeout)

local function check_incarnation(removing)
    local known = incarnation_of(name)
    if not known then
        error({ err = 'FENCED the record of ' .. name .. ' is gone' })
    end
    if known ~= tonumber(own) then
        error({ err = 'FENCED ' .. name .. ' is incarnation ' ..
            digits(known) .. ' by now' })
    end
    if removing[name .. ':' .. own] then
        error({ err = 'FENCED ' .. name .. ' is being removed' })
    end
end

-- Those that are being removed; the ones whose reaper has died are victims.
local function look_at_locks(victims)
    local removing, locks = {}, redis.call('HGETALL', p .. 'removing')
    for i = 1, #locks, 2 do
        local role, is_held = parse_removing(locks[i + 1], now)
        local of, incarnation = string.match(locks[i], '^(.*):(%d+)$')
        removing[locks[i]] = true
        if of and role and not is_held then
            victims[#victims + 1] = { of, role, incarnation }
        end
    end
    return removing
end

-- Those of a role with a heartbeat between `from` and `to`.
local function add_victims(its_role, from, to, removing, victims)
    local names = redis.call('ZRANGEBYSCORE', p .. 'heartbeats:' .. its_role,
        from, to, 'LIMIT', 0, LOOK_MAX)
    for _, of in ipairs(names) do
        local incarnation = digits(incarnation_of(of) or 0)
        if #victims < VICTIMS_MAX and not removing[of .. ':' .. incarnation] then
            victims[#victims + 1] = { of, its_role, incarnation }
        end
    end
end

-- Returns in how many ms the next heartbeat of a role goes missing.  Where the
-- oldest and the newest are in order so are all.
local function look_at(its_role, removing, victims)
    local beats = p .. 'heartbeats:' .. its_role
    local oldest = redis.call('ZRANGE', beats, 0, 0, 'WITHSCORES')[2]
    if not oldest then
        return timeout
    end
    local newest = redis.call('ZRANGE', beats, -1, -1, 'WITHSCORES')[2]
    if is_missing(tonumber(newest), now, timeout) then
        add_victims(its_role, '(' .. ahead, '+inf', removing, victims)
    end
    if is_missing(tonumber(oldest), now, timeout) then
        add_victims(its_role, '-inf', '(' .. old, removing, victims)
        oldest = redis.call('ZRANGEBYSCORE', beats, old, '+inf', 'WITHSCORES',
            'LIMIT', 0, 1)[2] or now
    end
    return oldest + timeout - now + 1
end

local victims, soonest = {}, timeout
local removing = look_at_locks(victims)
check_incarnation(removing)
pass_memory_limit()
local mine = p .. 'heartbeats:' .. role
local last = redis.call('ZSCORE', mine, name)
local is_late = not last or is_missing(tonumber(last), now, timeout)
redis.call('ZADD', mine, digits(now), name)
for _, its_role in ipairs({ 'hub', 'spreader', 'deliver' }) do
    soonest = math.min(soonest, look_at(its_role, removing, victims))
end
local function count_live(its_role)
    return redis.call('ZCOUNT', p .. 'heartbeats:' .. its_role, old, ahead)
end

local reply = { is_late and 1 or 0, count_live('spreader'), soonest,
    redis.call('HGET', p .. 'restarts', name) == own and 1 or 0,
    count_live('hub'), count_live('deliver') }
for i = 1, math.min(#victims, VICTIMS_MAX) do
    for _, word in ipairs(victims[i]) do
        reply[#reply + 1] = word
    end
end
return reply
