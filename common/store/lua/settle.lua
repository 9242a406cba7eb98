-- settle.lua - settle a batch of jobs and cursor jobs.
--
-- ARGV  a sequence of operations, each a word and its arguments.  LANE is
--       outbox or bulk; C is CD, CD:L or CD:*, with a `!` behind it in a replay; N are
--       failures, K crashes.
--       One of these opens the entry whose jobs those that follow are about:
--         job LANE ENTRY            its only job
--         cursor LANE ENTRY TD CD U its cursor job, number U
--         part LANE ENTRY BEFORE LEFT
--                                   some jobs of a bundle; BEFORE and LEFT are
--                                   those that are not settled before and after
--                                   this, as masks of 16 bits in decimal, bit 0
--                                   for the first job; BEFORE is `-` when that
--                                   is all of them
--         rest LANE ENTRY BEFORE    all jobs of a bundle that are not settled
--       The outcomes, the same for jobs and cursor jobs:
--         done EVENT COUNT          delivered; of a cursor job also to nobody;
--                                   COUNT is 1, or 0 when the event's content
--                                   had left (a gap).  Of a cursor job EVENT
--                                   has a `!` behind it in a replay
--         none EVENT COUNT          (jobs only) delivered to nobody
--         gone EVENT C TD GENERATION
--                                   410: the subscription ends; a cursor job
--                                   holds no reference to its event
--         retry EVENT C N K DELAY_MS TD
--                                   again later; TD is `-` while it is not
--                                   known
--         park EVENT C N K H        host or callback H has no capacity
--         hold EVENT C N K TRIES WHY
--                                   what it needs could not be interpreted, for
--                                   the TRIES-th time
--         dead EVENT C N TOPIC CALLBACK WHY
--                                   given up
--         miss EVENT C TD           (jobs only) the subscription is in cursor
--                                   mode
--         suspend EVENT C N K DELAY_MS TD
--                                   it failed too often: the subscription is in
--                                   cursor mode (again) from now on, probed
--                                   first; N and K count for a cursor job only
--       Notes, about an entry that is open:
--         cleared LANE ENTRY        its crash count is cleared
--         retried TD CD EVENT       the job came from `retry`
--       And as the last one:
--         report                    the reply says who was suspended
-- Returns the number of jobs that were settled by this call; after `report` a
-- list of that number and the TD:CD of each subscription that was not suspended
-- before and is now.
--
-- Atomic: acknowledging an entry and what becomes of its jobs.  A cursor job
-- that is not the current one is only acknowledged.  What is settled leaves the
-- queue at once, but for what stands behind an entry that is still pending: so
-- little comes again when the group is lost.
--
-- The first write is one that needs no memory: Redis at its memory limit
-- refuses a script whose first write does, and this one makes room.
--
-- Repeated: an entry that is no longer pending was settled before, by this call
-- or by another process after a takeover, which splits bundles.  It is left
-- alone, so references are counted off once.  So is a bundle of which something
-- else than BEFORE is left: it was settled before, or a part was not, as the
-- group was lost; then the rest comes again by a takeover.
--
-- What is damaged is moved out of the way at the command that it refuses (mend.lua):
-- an operation is never begun anew when a half of it is done.  An outcome that can't
-- be stored all the same becomes a dead letter with the error.
--
-- uses: shard, refs, trim

local settled = 0
local finished = {} -- event -> references to take off
local closed = {}   -- lane -> its entries that are settled

-- Whether the entry was open until now.
local function close_entry(lane, id)
    local was_open = redis.call('XACK', p .. lane, 'deliver', id) == 1
    if was_open then
        local ids = closed[lane] or {}
        closed[lane] = ids
        ids[#ids + 1] = id
    end
    return was_open
end

local function finish(event, count)
    finished[event] = (finished[event] or 0) + count
end

local function is_left(field, mask)
    return (redis.call('HGET', p .. 'parts', field) or '-') == mask
end

local function close_rest(lane, id, before)
    local field = lane .. ' ' .. id
    local was_open = is_left(field, before) and close_entry(lane, id)
    if was_open and before ~= '-' then
        redis.call('HDEL', p .. 'parts', field)
    end
    return was_open
end

-- All operations but the most frequent ones, by their words.  A call costs as
-- much as the functions that it makes, and most calls need none of these.
-- `redis` is the stand-in that mends.
local function other_operations(redis, suspended)
    -- uses: time, numbers, memory, ids, pending, job, subscription, subscribed
    -- uses: subscription_set, subscription_end, cursor_get, cursor_set
    -- uses: cursor_job, cursor_begin, backfilling, backfill, backfill_break
    -- uses: gaps, missed, event, retry, held, parked_for, tally_add, damage
    -- uses: cursor_restored, missed_add, failing_recall, target_topic

    local now = now_ms()

    local function open_part(lane, id, before, left)
        pass_memory_limit()
        local field = lane .. ' ' .. id
        if not is_pending(lane, id) or not is_left(field, before) then
            return false
        end
        redis.call('HSET', p .. 'parts', field, left)
        return true
    end

    -- The cursor job that is open; cursor is nil when it is not the current
    -- one.
    local td, cd, u, cursor

    local function open_cursor(lane, id, ...)
        td, cd, u = ...
        cursor = get_cursor(td, cd)
        if cursor and cursor.u ~= tonumber(u) then
            cursor = nil
        end
        return close_entry(lane, id)
    end

    -- What `retry` holds already is the same work twice, which becomes one.
    local function plan(member, delay_ms)
        return plan_retry(member, now + delay_ms)
    end

    local function job_member(event, c, n, k)
        return 'd ' .. event .. ' ' .. c .. ' ' .. n .. ' ' .. k
    end

    local function cursor_member(td_, cd_, u_, n, k)
        return 'f ' .. td_ .. ' ' .. cd_ .. ' ' .. u_ .. ' ' .. n .. ' ' .. k
    end

    local function cd_of(c)
        return string.match(c, '^[^:!]+')
    end

    local function is_replay(c)
        return string.sub(c, -1) == '!'
    end

    local function mark_suspended(td_, cd_)
        local key = td_ .. ':' .. cd_
        if redis.call('ZADD', p .. 'suspended', 'NX', digits(now), key) == 1 then
            suspended[#suspended + 1] = key
        end
    end

    local function set_flag(td_, cd_, from, to)
        local _, sub = get_sub(td_, cd_)
        if sub and string.find(from, sub.flags, 1, true) then
            sub.flags = to
            set_sub(td_, cd_, sub)
        end
    end

    local function add_letter(event, c, n, topic, callback, why)
        redis.call('XADD', p .. 'dead', '*', 'v', 1, 'e', event, 't', topic,
            'c', c, 'cb', callback, 'n', n, 'why', why)
        tally_add(event, ' d', 1)
    end

    local function park(h, member)
        redis.call('RPUSH', p .. 'parked:' .. h, member)
        redis.call('HINCRBY', p .. 'counts', 'p', 1)
        plan_retry('h ' .. h, now + PARKED_MS)
    end

    local function end_if_current(td_, cd_, generation)
        local _, sub = get_sub(td_, cd_)
        if sub and sub.generation == tonumber(generation) then
            end_subscription(td_, cd_)
        end
    end

    local function become_missed(td_, cd_, event, cursor_, again)
        add_missed(td_, cd_, event, again)
        finish(event, 1)
        if cursor_.mode == 'idle' then
            post_cursor_job(td_, cd_, cursor_)
        end
    end

    -- What waits for another attempt becomes missed at once.
    local function recall(td_, cd_)
        recall_failing(td_, cd_, function(event)
            become_missed(td_, cd_, event, { mode = 'run' })
        end)
    end

    -- A subscription in a backfill gets what comes by cursor jobs again.
    local function suspend_backfill(td_, cd_, cursor_)
        break_backfill(td_, cursor_)
        set_cursor(td_, cd_, cursor_)
        set_flag(td_, cd_, 'c', 'f')
        recall(td_, cd_)
    end

    -- Of jobs.

    local function job_none(event, count)
        finish(event, count)
        tally_add(event, ' x', count)
    end

    local function job_gone(event, c, td_, generation)
        end_if_current(td_, cd_of(c), generation)
        job_none(event, 1)
    end

    -- A suspension finds the subscription's jobs in `retry` by failing:TD:CD, but
    -- for those of a replay.  Of one that has ended meanwhile nobody would drop
    -- it.
    local function job_retry(event, c, n, k, delay_ms, td_)
        local member = job_member(event, c, n, k)
        if plan(member, delay_ms) == 0 then
            job_none(event, 1)
        elseif td_ ~= '-' and not is_replay(c) and
            is_subscribed(td_, cd_of(c)) then
            redis.call('HSET', p .. 'failing:' .. td_ .. ':' .. cd_of(c),
                event, member)
        end
    end

    local function job_park(event, c, n, k, h)
        park(h, job_member(event, c, n, k))
    end

    local function job_hold(event, c, n, k, tries, why)
        plan_retry(add_held('outbox', { 'e', event, 'c', c, 'n', n, 'k', k },
            tonumber(tries), why))
    end

    -- A job whose subscription is not in cursor mode any more is posted again:
    -- deliver looks at what the subscription is by then, and at the levels
    -- above when it has ended.
    local function job_miss(event, c, td_)
        local cursor_ = get_cursor(td_, cd_of(c)) or
            restored_cursor(td_, cd_of(c), now)
        if cursor_ then
            become_missed(td_, cd_of(c), event, cursor_, is_replay(c))
        else
            post_job(event, c)
        end
    end

    -- The cursor job that there is becomes the probe; while idle there is none.
    local function suspend_in_backfill(td_, cd_, cursor_, event, again,
                                       probe_ms)
        local was_idle = cursor_.mode == 'idle'
        if was_idle then
            cursor_.u, cursor_.mode = cursor_.u + 1, 'run'
        end
        suspend_backfill(td_, cd_, cursor_)
        become_missed(td_, cd_, event, cursor_, again)
        if was_idle then
            plan(cursor_member(td_, cd_, digits(cursor_.u), 0, 0), probe_ms)
        end
    end

    local function job_suspend(event, c, _, _, probe_ms, td_)
        local cd_ = cd_of(c)
        local cursor_ = get_cursor(td_, cd_)
        if not is_subscribed(td_, cd_) or
            cursor_ and not is_backfilling(cursor_) then
            job_miss(event, c, td_)
            return
        end
        mark_suspended(td_, cd_)
        if cursor_ then
            suspend_in_backfill(td_, cd_, cursor_, event, is_replay(c),
                probe_ms)
            return
        end
        begin_cursor_mode(td_, cd_, 1, 'run', new_topic(event, c, td_))
        set_flag(td_, cd_, '-c', 'f')
        become_missed(td_, cd_, event, { mode = 'run' }, is_replay(c))
        recall(td_, cd_)
        plan(cursor_member(td_, cd_, 1, 0, 0), probe_ms)
    end

    -- Of the cursor job that is open.

    -- The cursor passes an event, unless that was one of the missed ones.  What
    -- is delivered again is none of those that the cursor comes to.
    local function pass(event, again)
        local member = missed_member(event) .. (again and '!' or '')
        if redis.call('ZREM', p .. 'missed:' .. td .. ':' .. cd,
            member) > 0 or again or not id_before(cursor.at, event) then
            return
        end
        local entry = redis.call('XRANGE', p .. 'events:' .. td, event,
            event)[1]
        cursor.n = entry and tonumber(entry[2][2]) or cursor.n + 1
        cursor.at = event
    end

    -- Whether another attempt may follow: a paused subscription has no cursor
    -- job, and the one that was under way is its last.
    local function may_go_on()
        return cursor and cursor.mode ~= 'paused'
    end

    local function go_on()
        if may_go_on() then
            post_cursor_job(td, cd, cursor)
        else
            set_cursor(td, cd, cursor)
        end
    end

    -- A success of a subscription that is in cursor mode only for now: it is
    -- well.
    local function recover()
        redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
        if not may_go_on() then
            return
        end
        local _, sub = get_sub(td, cd)
        if sub and sub.flags == 'f' and not cursor.backfill_end then
            begin_backfill(td, cursor)
            sub.flags = 'c'
            set_sub(td, cd, sub)
        end
    end

    local function cursor_done(event, count)
        if not cursor then
            return
        end
        local again = is_replay(event)
        event = string.match(event, '^[^!]+')
        pass(event, again)
        if count == '0' then
            note_gap(td, cd, event, event, 1)
        else
            tally_add(event, ' k', 1)
            recover()
        end
        go_on()
    end

    -- A newer request may have made the subscription last.
    local function cursor_gone(_, _, _, generation)
        end_if_current(td, cd, generation)
        if cursor and is_subscribed(td, cd) then
            go_on()
        end
    end

    local function cursor_retry(_, _, n, k, delay_ms)
        if may_go_on() then
            plan(cursor_member(td, cd, u, n, k), delay_ms)
        end
    end

    local function cursor_park(_, _, n, k, h)
        if may_go_on() then
            park(h, cursor_member(td, cd, u, n, k))
        end
    end

    local function cursor_hold(_, _, n, k, tries, why)
        if may_go_on() then
            plan_retry(add_held('outbox', { 'f', td, 'c', cd, 'u', u, 'n', n,
                'k', k }, tonumber(tries), why))
        end
    end

    local function cursor_dead(event, c, ...)
        if not cursor then
            return
        end
        redis.call('HINCRBY', p .. 'refs', event, 1)
        tally_add(event, '', 1)
        tally_add(event, ' c', -1)
        add_letter(event, c, ...)
        pass(event, is_replay(c))
        go_on()
    end

    local function cursor_suspend(_, _, n, k, delay_ms)
        if not may_go_on() then
            return
        end
        plan(cursor_member(td, cd, u, n, k), delay_ms)
        mark_suspended(td, cd)
        if is_backfilling(cursor) then
            suspend_backfill(td, cd, cursor)
        end
    end

    -- Whose outcome can't be stored.  Operations that keep the event are followed
    -- by a target.

    local function failed_letter(event, c, why)
        add_letter(event, c, 0, event_topic(event) or '-', '-',
            'its outcome can not be stored: ' .. why)
    end

    local function job_failed(word, why, event, c)
        note_damage('settle', why, word .. ' ' .. event)
        if word == 'none' or word == 'gone' then
            finish(event, 1)
        else
            failed_letter(event, c, why)
        end
    end

    local FAILED_AGAIN_MS = 60000

    local function cursor_failed(word, why, event)
        note_damage('settle', why, word .. ' ' .. event)
        if may_go_on() then
            plan(cursor_member(td, cd, u, 0, 0), FAILED_AGAIN_MS)
        end
    end

    local function cleared(lane, id)
        redis.call('HDEL', p .. 'crashes', lane .. ' ' .. id)
    end

    local function retried(td_, cd_, event)
        redis.call('HDEL', p .. 'failing:' .. td_ .. ':' .. cd_, event)
    end

    -- What each operation does, and how many arguments it has; and what is to
    -- be called after the last one.
    return {
        cursor = { arguments = 5, opens = open_cursor },
        part = { arguments = 4, opens = open_part },
        done = { arguments = 2, cursor = cursor_done },
        none = { arguments = 2, job = job_none },
        gone = { arguments = 4, job = job_gone, cursor = cursor_gone },
        retry = { arguments = 6, job = job_retry, cursor = cursor_retry },
        park = { arguments = 5, job = job_park, cursor = cursor_park },
        hold = { arguments = 6, job = job_hold, cursor = cursor_hold },
        dead = { arguments = 6, job = add_letter, cursor = cursor_dead },
        miss = { arguments = 3, job = job_miss },
        suspend = { arguments = 6, job = job_suspend, cursor = cursor_suspend },
        cleared = { arguments = 2, notes = cleared },
        retried = { arguments = 3, notes = retried },
        report = { arguments = 0, reports = true },
        failed = { job = job_failed, cursor = cursor_failed },
    }, wake_if_earliest
end

local suspended = {}
local others, at_end

local function make_others()
    -- uses: mend

    others, at_end = other_operations(mend(redis), suspended)
end

local function other_operation(word)
    if not others then
        make_others()
    end
    return others[word]
end

local function reason(problem)
    return type(problem) == 'table' and problem.err or tostring(problem)
end

local function settle_one(word, kind, ...)
    local event = ...
    local before = finished[event]
    local went_well, problem = pcall(other_operation(word)[kind], ...)
    if not went_well then
        finished[event] = before
        others.failed[kind](word, reason(problem), ...)
    end
end

local reports = false
local at, is_open, kind = 1, false, 'job'

local function settle_other(word)
    local operation = other_operation(word)
    local last = at + operation.arguments
    if operation.reports then
        reports = true
    elseif operation.opens then
        kind = word == 'cursor' and word or 'job'
        is_open = operation.opens(unpack(ARGV, at + 1, last))
    elseif is_open and operation.notes then
        operation.notes(unpack(ARGV, at + 1, last))
    elseif is_open then
        settle_one(word, kind, unpack(ARGV, at + 1, last))
        settled = settled + 1
    end
    return last
end

local function settle_all()
    while at <= #ARGV do
        local word, last = ARGV[at], nil
        if word == 'job' then
            last = at + 2
            is_open, kind = close_entry(ARGV[at + 1], ARGV[last]), 'job'
        elseif word == 'rest' then
            last = at + 3
            is_open, kind =
                close_rest(ARGV[at + 1], ARGV[at + 2], ARGV[last]), 'job'
        elseif word == 'done' and kind == 'job' then
            last = at + 2
            if is_open then
                finish(ARGV[at + 1], ARGV[last])
                settled = settled + ARGV[last]
            end
        else
            last = settle_other(word)
        end
        at = last + 1
    end
end

-- What is settled before an error is settled.
local went_well, problem = pcall(settle_all)
if at_end then
    at_end()
end
for event, count in pairs(finished) do
    release(event, count)
end
if not went_well then
    error(problem)
end
-- To find where to trim costs more than to settle a job, and to delete an entry
-- among many costs as much: a lane without others is emptied by its entries.
local FEW = 4

for lane, ids in pairs(closed) do
    if #ids <= FEW and redis.call('XLEN', p .. lane) == #ids then
        redis.call('XDEL', p .. lane, unpack(ids))
    else
        trim(lane, 'deliver')
    end
end
if reports then
    return { settled, unpack(suspended) }
end
return settled
