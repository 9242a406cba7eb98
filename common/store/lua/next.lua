-- next.lua - find the event of a followed subscription's turn.
--
-- ARGV  1 TD, 2 CD, 3 number of the turn, 4 lane and 5 entry that holds it
-- Returns {}          no such turn any more
--         {'wait'}    jobs that failed before are still on their way
--         {EVENT, LOST, FROM, TO, SUSPENDED}
--                     the event that is due; LOST events between FROM and TO
--                     had left before (`0`, `-`, `-` when none); SUSPENDED is
--                     1 or 0
--         {'idle'}    nothing is due
--         {'idle', LOST, FROM, '-'}
--                     nothing is left of what was due
-- But for `wait` and an event the entry is acknowledged.
--
-- Atomic: the look at the index and the end of the following (of an ordered
-- subscription: its idleness), so that `page` sees one or the other and every
-- event has a job or a turn.  A gap is noted and its events are counted as
-- passed in one step, so a repeated call reports it once.
--
-- Missed events come first, in their order: they are older than the rest, or
-- were fanned out after a later one.

local td, cd = ARGV[1], ARGV[2]
local lane, entry = ARGV[4], ARGV[5]
local key = td .. ':' .. cd

local function acknowledge()
    redis.call('XACK', p .. lane, 'deliver', entry)
    redis.call('HDEL', p .. 'crashes', lane .. ' ' .. entry)
    trim(lane, 'deliver')
end

pass_memory_limit()
local f = get_follow(td, cd)
if not f or f.u ~= tonumber(ARGV[3]) or not is_pending(lane, entry) then
    acknowledge()
    return {}
end

-- Jobs that had failed and were on their way again when the following began:
-- they are about to become missed.  One that got lost is not waited for.
local ON_THEIR_WAY_MS = 60000

if now_ms() - f.since < ON_THEIR_WAY_MS and
    redis.call('EXISTS', p .. 'failing:' .. key) == 1 then
    return { 'wait' }
end

local suspended =
    redis.call('ZSCORE', p .. 'suspended', key) and '1' or '0'
local missed = redis.call('ZRANGE', p .. 'missed:' .. key, 0, 0)[1]
if missed then
    return { missed_id(missed), '0', '-', '-', suspended }
end

-- Counts the events up to number n as passed; returns what is told of them.
local function pass_lost(n, to)
    local lost = n - f.n
    if lost <= 0 then
        return nil
    end
    note_gap(td, cd, f.cursor, to, lost)
    f.n = n
    return { digits(lost), f.cursor, to }
end

local due = redis.call('XRANGE', p .. 'events:' .. td, '(' .. f.cursor, '+',
    'COUNT', 1)[1]
if due then
    local gap = pass_lost(tonumber(due[2][2]) - 1, due[1])
    if not gap then
        return { due[1], '0', '-', '-', suspended }
    end
    write_follow(td, cd, f)
    return { due[1], gap[1], gap[2], gap[3], suspended }
end

local total = redis.call('HGET', p .. 'topic:' .. td, 'n')
local gap = pass_lost(tonumber(total or 0), '-')
local _, sub = get_sub(td, cd)
acknowledge()
if sub and sub.flags == 'o' then
    redis.call('ZREM', p .. 'suspended', key)
    f.mode = 'idle'
    write_follow(td, cd, f)
else
    local flags = end_following(td, cd, f)
    if sub and sub.flags ~= flags then
        sub.flags = flags
        write_sub(td, cd, sub)
    end
end
return { 'idle', unpack(gap or {}) }
