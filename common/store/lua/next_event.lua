-- next_event.lua - find the event of a cursor job.
--
-- ARGV  1 TD, 2 CD, 3 number of the cursor job, 4 lane and 5 entry that holds it
-- Returns {}          no such cursor job any more, or the subscription is
--                     paused
--         {'wait'}    jobs that failed before are still on their way
--         {EVENT, LOST, FROM, TO, SUSPENDED, REPLAY}
--                     the event that is due; LOST events between FROM and TO
--                     had left before (`0`, `-`, `-` when none); SUSPENDED and
--                     REPLAY (it is delivered again) are 1 or 0
--         {'idle'}    nothing is due
--         {'idle', LOST, FROM, TO}
--                     nothing is left of what was due
-- But for `wait` and an event the entry is acknowledged.
--
-- Atomic: the look at the index and the end of the cursor mode (of an ordered
-- subscription: its idleness), so that `page` sees one or the other and every
-- event has a job or a cursor job.  A gap is noted and its events are counted
-- as passed in one step.
--
-- Missed events come first, in their order: they are older than the rest, or
-- were fanned out after a later one, or had jobs during a backfill that was
-- broken off.
--
-- An event whose pages have yet to come to the subscription is not due: `page`
-- posts a cursor job when they do, or a job once cursor mode has ended.
--
-- Of a subscription whose backfill was broken off, two parts of the index are
-- due: up to the backfill end, and after `resume after`.  Once the first is
-- through the cursor stands at `resume after`, and the two are forgotten.
--
-- Repeated: the same event is found, and a gap is told once; where nothing was
-- due the entry is not pending any more, which makes it no such cursor job.
--
-- uses: shard, numbers, time, memory, ids, pending, trim, subscription
-- uses: subscription_set, cursor_get, cursor_set, cursor_end, backfilling
-- uses: gaps, missed, order, progress_get, horizon, damage

local td, cd = ARGV[1], ARGV[2]
local lane, entry = ARGV[4], ARGV[5]
local key = td .. ':' .. cd

local function acknowledge()
    redis.call('XACK', p .. lane, 'deliver', entry)
    redis.call('HDEL', p .. 'crashes', lane .. ' ' .. entry)
    trim(lane, 'deliver')
end

pass_memory_limit()
local cursor = get_cursor(td, cd)
if not cursor or cursor.mode == 'paused' or
    cursor.u ~= tonumber(ARGV[3]) or not is_pending(lane, entry) then
    acknowledge()
    return {}
end

-- Jobs that had failed and were on their way again when the cursor mode began:
-- they are about to become missed.  One that got lost is not waited for.
local ON_THEIR_WAY_MS = 60000

local since_ms = now_ms() - cursor.since -- below 0: a clock that was ahead
if not is_backfilling(cursor) and
    since_ms >= 0 and since_ms < ON_THEIR_WAY_MS and
    redis.call('HLEN', p .. 'failing:' .. key) > 0 then
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

local function found(event, is_replay)
    return { event, digits(lost), lost_from, lost_to, suspended,
             is_replay and '1' or '0' }
end

-- The reverse of missed_member(), and whether the event is replayed.
local function first_missed()
    while true do
        local member = redis.call('ZRANGE', missed_key, 0, 0)[1]
        local ms, seq, again =
            string.match(member or '', '^0*(%d+)-0*(%d+)(!?)$')
        if ms then
            return ms .. '-' .. seq, again == '!'
        end
        if not member then
            return nil
        end
        note_damage('missed:' .. key, 'no event id', member)
        redis.call('ZREM', missed_key, member)
    end
end

-- What was before the trim horizon is gone as a whole, not event by event.
local horizon = get_horizon()
local missed, is_replay = first_missed()
if missed and id_before(missed, horizon) then
    tell_gap(missed, horizon, redis.call('ZREMRANGEBYLEX', missed_key, '-',
        '(' .. missed_member(horizon)))
    missed, is_replay = first_missed()
end
if missed then
    return found(missed, is_replay)
end

-- The first event of the index after the cursor, up to the place `last` when
-- there is one.
local function first_due(last)
    local start = id_before(cursor.at, horizon) and horizon or
        '(' .. cursor.at
    local due = redis.call('XRANGE', p .. 'events:' .. td, start,
        last and last.id or '+', 'COUNT', 1)[1]
    local before = due and (tonumber(due[2][2]) or 0) - 1 or
        last and last.n or
        tonumber(redis.call('HGET', p .. 'topic:' .. td, 'n') or 0) or 0
    if before > cursor.n then
        tell_gap(cursor.at, due and due[1] or '-', before - cursor.n)
        cursor.n = before
        set_cursor(td, cd, cursor)
    end
    return due
end

local function is_beyond_resume()
    return cursor.resume_after and
        not id_before(cursor.at, cursor.resume_after.id)
end

local function forget_parts()
    cursor.n = math.max(cursor.n, cursor.resume_after.n)
    cursor.backfill_end, cursor.resume_after = nil, nil
    set_cursor(td, cd, cursor)
end

-- Whether the event's pages have come to the subscription.
local function has_come(event)
    local last = get_progress(event)
    return not last or not text_before(last, cd)
end

local due
if not is_beyond_resume() then
    due = first_due(cursor.backfill_end)
    if not due and cursor.resume_after then
        cursor.at = cursor.resume_after.id
    end
end
if is_beyond_resume() then
    forget_parts()
    due = first_due()
end
if due and has_come(due[1]) then
    return found(due[1])
end

local _, sub = get_sub(td, cd)
acknowledge()
if due or sub and sub.flags == 'o' then
    if not due then
        redis.call('ZREM', p .. 'suspended', key)
    end
    cursor.mode = 'idle'
    set_cursor(td, cd, cursor)
else
    end_cursor_mode(td, cd)
    if sub then
        sub.flags = '-'
        set_sub(td, cd, sub)
    end
end
if lost == 0 then
    return { 'idle' }
end
return { 'idle', digits(lost), lost_from, lost_to }
