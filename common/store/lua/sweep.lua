-- sweep.lua - end what has lapsed, drop what is settled.
--
-- ARGV  1 retention of events in ms, 2 retention of dead letters in ms,
--       3 most leases, events and dead letters to look at in one call
-- Returns {leases ended, events dropped, dead letters dropped,
--          1 when a limit was reached and more is to do}.
--
-- Atomic: an event leaves `log` only when it is fanned out (before `floor`)
-- and too old; when jobs still refer to it its content moves to kept:E in
-- the same step, so deliver finds it in one place or the other.
-- The queues are trimmed first: Redis at its memory limit refuses a script
-- whose first write needs memory, and this one makes room.

local limit = tonumber(ARGV[3])
local now = now_ms()
local more = 0

local function sweep_leases()
    local now_s = math.floor(now / 1000)
    local lapsed = redis.call('ZRANGEBYSCORE', p .. 'lease', '-inf', now_s,
        'LIMIT', 0, limit)
    for _, key in ipairs(lapsed) do
        local td, cd = string.match(key, '^([^:]+):([^:]+)$')
        end_subscription(td, cd)
    end
    if #lapsed == limit then
        more = 1
    end
    return #lapsed
end

-- Everything before the floor is fanned out; the marks in `fan` that say so
-- one by one are then not needed any more.
local function advance_floor()
    local floor = first_unsettled(p .. 'log', 'spread')
    if not floor then
        return nil
    end
    local before = id_preceding(floor)
    if not before or redis.call('GET', p .. 'floor') == before then
        return floor -- no more marks to remove than last time
    end
    redis.call('SET', p .. 'floor', before)
    local cursor = '0'
    repeat
        local scan = redis.call('HSCAN', p .. 'fan', cursor, 'COUNT', 100)
        cursor = scan[1]
        for i = 1, #scan[2], 2 do
            if scan[2][i + 1] == 'done' and id_before(scan[2][i], floor) then
                redis.call('HDEL', p .. 'fan', scan[2][i])
            end
        end
    until cursor == '0'
    return floor
end

local function sweep_log(floor)
    local cut = digits(math.max(1, now - ARGV[1])) .. '-0'
    if not floor then
        return 0
    end
    if id_before(floor, cut) then
        cut = floor
    end
    if redis.call('HLEN', p .. 'refs') == 0 then
        return redis.call('XTRIM', p .. 'log', 'MINID', cut)
    end
    local old = redis.call('XRANGE', p .. 'log', '-', '(' .. cut, 'COUNT',
        limit)
    for _, entry in ipairs(old) do
        if redis.call('HEXISTS', p .. 'refs', entry[1]) == 1 then
            redis.call('HSET', p .. 'kept:' .. entry[1], unpack(entry[2]))
        end
        redis.call('XDEL', p .. 'log', entry[1])
    end
    if #old == limit then
        more = 1
    end
    return #old
end

local function sweep_dead()
    local cut = '(' .. digits(math.max(1, now - ARGV[2])) .. '-0'
    local old = redis.call('XRANGE', p .. 'dead', '-', cut, 'COUNT', limit)
    for _, entry in ipairs(old) do
        for i = 1, #entry[2], 2 do
            if entry[2][i] == 'e' then
                release(entry[2][i + 1], 1)
            end
        end
        redis.call('XDEL', p .. 'dead', entry[1])
    end
    if #old == limit then
        more = 1
    end
    return #old
end

trim('pings', 'spread')
trim('outbox', 'deliver')
trim('verify', 'deliver')
local leases = sweep_leases()
local events = sweep_log(advance_floor())
local dead = sweep_dead()
return { leases, events, dead, more }
