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
--         {'idle', LOST, FROM, TO}
--                     nothing is left of what was due
-- But for `wait` and an event the entry is acknowledged.
--
-- Atomic: the look at the index and the end of the following (of an ordered
-- subscription: its idleness), so that `page` sees one or the other and every
-- event has a job or a turn.  A gap is noted and its events are counted as
-- passed in one step, so a repeated call reports it once.
--
-- Missed events come first, in their order: they are older than the rest, or
-- were fanned out after a later one, or had jobs while the subscription was
-- catching up and was suspended again.
--
-- Of a subscription that was, two parts of the index are due: up to `last`, and
-- after `resume`.  Once the first is through the cursor stands at `resume`; the
-- two are forgotten when the fan-outs of all events before have come to the
-- subscription, which until then says by them who has turns.
--
-- uses: prelude

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

if not is_catching_up(f) and now_ms() - f.since < ON_THEIR_WAY_MS and
    redis.call('EXISTS', p .. 'failing:' .. key) == 1 then
    return { 'wait' }
end

local suspended =
    redis.call('ZSCORE', p .. 'suspended', key) and '1' or '0'
local missed_key = p .. 'missed:' .. key

-- What is told of the events that have left.
local lost, lost_from, lost_to = 0, '-', '-'

local function tell_gap(from, to, count)
    if count <= 0 then
        return
    end
    note_gap(td, cd, from, to, count)
    if lost == 0 then
        lost_from = from
    end
    lost, lost_to = lost + count, to
end

local function found(event)
    return { event, digits(lost), lost_from, lost_to, suspended }
end

local function first_missed()
    local member = redis.call('ZRANGE', missed_key, 0, 0)[1]
    return member and missed_id(member)
end

-- What was before `left` is gone as a whole, not event by event.
local left = redis.call('GET', p .. 'left') or '0-0'
local missed = first_missed()
if missed and id_before(missed, left) then
    tell_gap(missed, left, redis.call('ZREMRANGEBYLEX', missed_key, '-',
        '(' .. missed_member(left)))
    missed = first_missed()
end
if missed then
    return found(missed)
end

-- The first event of the index after the cursor, up to `last` when there is
-- one.
local function first_due(last)
    local start = id_before(f.cursor, left) and left or '(' .. f.cursor
    local due = redis.call('XRANGE', p .. 'events:' .. td, start,
        last and last.id or '+', 'COUNT', 1)[1]
    local before = due and due[2][2] - 1 or last and last.n or
        tonumber(redis.call('HGET', p .. 'topic:' .. td, 'n') or 0)
    if before > f.n then
        tell_gap(f.cursor, due and due[1] or '-', before - f.n)
        f.n = before
        write_follow(td, cd, f)
    end
    return due
end

local function is_beyond_resume()
    return f.resume and not id_before(f.cursor, f.resume.id)
end

local function forget_parts()
    f.n = math.max(f.n, f.resume.n)
    if not fan_is_behind(td, cd, f, f.resume.id) then
        f.start, f.last, f.resume = f.resume.id, nil, nil
    end
    write_follow(td, cd, f)
end

local due
if not is_beyond_resume() then
    due = first_due(f.last)
    if not due and f.resume then
        f.cursor = f.resume.id
    end
end
if is_beyond_resume() then
    forget_parts()
    due = first_due()
end
if due then
    return found(due[1])
end

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
if lost == 0 then
    return { 'idle' }
end
return { 'idle', digits(lost), lost_from, lost_to }
