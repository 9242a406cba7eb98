-- settle.lua - settle a batch of jobs and turns.
--
-- ARGV  a sequence of operations, each a word and its arguments.  LANE is
--       outbox or bulk; C is CD, CD:L or CD:*; N are failures, K crashes.
--       One of these says which entry's jobs those that follow are about:
--         entry LANE ENTRY          its only job
--         part LANE ENTRY BEFORE LEFT
--                                   some of a bundle; BEFORE and LEFT are the
--                                   positions of those that are not settled
--                                   before and after it, as in 2,5,16; BEFORE
--                                   is `-` when that is all of them
--         rest LANE ENTRY BEFORE    all of a bundle that are not settled
--       What becomes of them:
--         done EVENT COUNT          delivered, or to nobody
--         gone EVENT C TD GENERATION
--                                   410: the subscription ends; EVENT is `-`
--                                   of a turn
--         later EVENT C N K DELAY_MS TD
--                                   try again; TD is `-` while it is not known
--         park EVENT C N K H        host H has no room
--         dead EVENT C N TOPIC CALLBACK WHY
--                                   given up
--         miss EVENT C TD           the subscription is followed
--         suspend EVENT C TD PROBE_MS
--                                   it failed too often: from now on it is
--                                   followed (again), probed first
--         step TD CD U EVENT LOST   the turn's event is over; LOST is 1 when
--                                   its content had left
--         wait TD CD U N K DELAY_MS SUSPEND
--                                   the turn failed; SUSPEND is 1 when that
--                                   suspends the subscription
--         bury TD CD U EVENT N TOPIC CALLBACK WHY C
--                                   the turn's event is given up
--       And what else is to be known:
--         healed LANE ENTRY         its crashes are forgotten
--         retried TD CD EVENT       the job came from `retry`
-- Returns the number of jobs that were settled by this call.
--
-- Atomic: acknowledging an entry and what becomes of its jobs.  One that is no
-- longer pending was settled before (a repeated call, or another process
-- after a takeover, which takes bundles apart) and is left alone, so references
-- are counted off once.  So is a bundle of which something else than BEFORE is
-- left: it was settled before, or a part was not, as the group was lost; then
-- what is left comes again by a takeover.  A turn that is not the current one
-- is only acknowledged.  What is settled leaves
-- the queue at once, but for what stands behind an entry that is still
-- pending: so little comes again when the group is lost.
--
-- The first write is one that needs no memory: Redis at its memory limit
-- refuses a script whose first write does, and this one makes room.
--
-- uses: prelude

local now = now_ms()
local settled = 0
local finished = {} -- event -> references to take off
local touched = {}  -- lanes to trim

-- Each returns whether the jobs of the entry are to be settled now.
local function entry(lane, id)
    local is_open = redis.call('XACK', p .. lane, 'deliver', id) == 1
    if is_open then
        touched[lane] = true
    end
    return is_open
end

local function is_left(field, positions)
    return (redis.call('HGET', p .. 'parts', field) or '-') == positions
end

local function rest(lane, id, before)
    local field = lane .. ' ' .. id
    local is_open = is_left(field, before) and entry(lane, id)
    if is_open and before ~= '-' then
        redis.call('HDEL', p .. 'parts', field)
    end
    return is_open
end

local function part(lane, id, before, left)
    pass_memory_limit()
    local field = lane .. ' ' .. id
    if not is_pending(lane, id) or not is_left(field, before) then
        return false
    end
    redis.call('HSET', p .. 'parts', field, left)
    return true
end

local function retried(td, cd, event)
    redis.call('HDEL', p .. 'failing:' .. td .. ':' .. cd, event)
end

local function finish(event, count)
    finished[event] = (finished[event] or 0) + count
end

-- What `retry` holds already is the same work twice, which becomes one.
local function plan(member, delay_ms)
    return redis.call('ZADD', p .. 'retry', digits(now + delay_ms), member)
end

local function mark_suspended(td, cd)
    redis.call('ZADD', p .. 'suspended', 'NX', digits(now), td .. ':' .. cd)
end

local function bury_letter(event, c, n, topic, callback, why)
    redis.call('XADD', p .. 'dead', '*', 'v', 1, 'e', event, 't', topic,
        'c', c, 'cb', callback, 'n', n, 'why', why)
end

local function cd_of(c)
    return string.match(c, '^[^:]+')
end

-- The event of a job goes to the turns, which hold no reference to it.
local function become_missed(td, cd, event, f)
    redis.call('ZADD', p .. 'missed:' .. td .. ':' .. cd, 0,
        missed_member(event))
    finish(event, 1)
    if f.mode == 'idle' then
        post_turn(td, cd, f)
    end
end

-- The following of a turn that is the current one, else nil.
local function current(td, cd, u)
    local f = get_follow(td, cd)
    return f and f.u == tonumber(u) and f or nil
end

-- The cursor passes an event, unless that was one of the missed ones.
local function pass(td, cd, f, event)
    if redis.call('ZREM', p .. 'missed:' .. td .. ':' .. cd,
        missed_member(event)) == 1 or not id_before(f.cursor, event) then
        return
    end
    local entry = redis.call('XRANGE', p .. 'events:' .. td, event, event)[1]
    f.n = entry and tonumber(entry[2][2]) or f.n + 1
    f.cursor = event
end

local function gone(event, c, td, generation)
    local cd = cd_of(c)
    local _, sub = get_sub(td, cd)
    if sub and sub.generation == tonumber(generation) then
        end_subscription(td, cd)
    end
    if event ~= '-' then
        finish(event, 1)
        return
    end
    local f = get_follow(td, cd)
    if f then -- a newer request has made it last
        post_turn(td, cd, f)
    end
end

-- A suspension finds the subscription's jobs in `retry` by failing:TD:CD.  Of
-- one that has ended meanwhile nobody would drop it.
local function later(event, c, n, k, delay_ms, td)
    local member = 'd ' .. event .. ' ' .. c .. ' ' .. n .. ' ' .. k
    if plan(member, delay_ms) == 0 then
        finish(event, 1)
    elseif td ~= '-' and has_sub(td, cd_of(c)) then
        redis.call('HSET', p .. 'failing:' .. td .. ':' .. cd_of(c), event,
            member)
    end
end

-- The entry in `retry` brings them back should nobody else.
local PARKED_MS = 1000

local function park(event, c, n, k, h)
    redis.call('RPUSH', p .. 'parked:' .. h,
        event .. ' ' .. c .. ' ' .. n .. ' ' .. k)
    redis.call('ZADD', p .. 'retry', 'NX', digits(now + PARKED_MS), 'h ' .. h)
end

-- A job that nobody follows any more is posted again: deliver looks at what
-- the subscription is by then, and at the levels above when it has ended.
local function miss(event, c, td)
    local f = get_follow(td, cd_of(c))
    if f then
        become_missed(td, cd_of(c), event, f)
    else
        post_job(event, c, 0, 0)
    end
end

-- What waits for another attempt becomes missed at once, so that it comes in
-- its order.
local function recall_failing(td, cd)
    local key = p .. 'failing:' .. td .. ':' .. cd
    local waiting = redis.call('HGETALL', key)
    for i = 1, #waiting, 2 do
        if redis.call('ZREM', p .. 'retry', waiting[i + 1]) == 1 then
            redis.call('HDEL', key, waiting[i])
            become_missed(td, cd, waiting[i], { mode = 'run' })
        end
    end
end

local function set_flag(td, cd, from, to)
    local _, sub = get_sub(td, cd)
    if sub and sub.flags == from then
        sub.flags = to
        write_sub(td, cd, sub)
    end
end

local function plan_turn(td, cd, u, n, k, delay_ms)
    plan('f ' .. td .. ' ' .. cd .. ' ' .. u .. ' ' .. n .. ' ' .. k,
        delay_ms)
end

-- A subscription that was catching up gets what comes by turns again.
local function suspend_again(td, cd, f)
    follow_again(td, f)
    write_follow(td, cd, f)
    set_flag(td, cd, 'c', 'f')
    recall_failing(td, cd)
end

-- The turn that there is becomes the probe; an idle one has none.
local function suspend_followed(td, cd, f, event, probe_ms)
    local was_idle = f.mode == 'idle'
    if was_idle then
        f.u, f.mode = f.u + 1, 'run'
    end
    suspend_again(td, cd, f)
    become_missed(td, cd, event, f)
    if was_idle then
        plan_turn(td, cd, digits(f.u), 0, 0, probe_ms)
    end
end

local function suspend(event, c, td, probe_ms)
    local cd = cd_of(c)
    local f = get_follow(td, cd)
    if not has_sub(td, cd) or f and not is_catching_up(f) then
        miss(event, c, td)
        return
    end
    mark_suspended(td, cd)
    if f then
        suspend_followed(td, cd, f, event, probe_ms)
        return
    end
    begin_following(td, cd, 1, 'run')
    set_flag(td, cd, '-', 'f')
    become_missed(td, cd, event, { mode = 'run' })
    recall_failing(td, cd)
    plan_turn(td, cd, 1, 0, 0, probe_ms)
end

-- A success of a subscription that is followed only for now: it is well.
local function catch_up(td, cd, f)
    local _, sub = get_sub(td, cd)
    if sub and sub.flags == 'f' and not f.last then
        begin_catching_up(td, f)
        sub.flags = 'c'
        write_sub(td, cd, sub)
    end
end

local function step(td, cd, u, event, lost)
    local f = current(td, cd, u)
    if not f then
        return
    end
    pass(td, cd, f, event)
    if lost == '1' then
        note_gap(td, cd, event, event, 1)
    else
        redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
        catch_up(td, cd, f)
    end
    post_turn(td, cd, f)
end

local function wait(td, cd, u, n, k, delay_ms, suspends)
    local f = current(td, cd, u)
    if not f then
        return
    end
    plan_turn(td, cd, u, n, k, delay_ms)
    if suspends == '1' then
        mark_suspended(td, cd)
        if is_catching_up(f) then
            suspend_again(td, cd, f)
        end
    end
end

local function bury(td, cd, u, event, n, topic, callback, why, c)
    local f = current(td, cd, u)
    if not f then
        return
    end
    redis.call('HINCRBY', p .. 'refs', event, 1)
    bury_letter(event, c, n, topic, callback, why)
    pass(td, cd, f, event)
    post_turn(td, cd, f)
end

local function healed(lane, id)
    redis.call('HDEL', p .. 'crashes', lane .. ' ' .. id)
end

-- What each operation does, and how many words are its arguments.
local operations = {
    entry = { words = 2, opens = entry },
    part = { words = 4, opens = part },
    rest = { words = 3, opens = rest },
    done = { words = 2, settles = finish },
    gone = { words = 4, settles = gone },
    later = { words = 6, settles = later },
    park = { words = 5, settles = park },
    dead = { words = 6, settles = bury_letter },
    miss = { words = 3, settles = miss },
    suspend = { words = 4, settles = suspend },
    step = { words = 5, settles = step },
    wait = { words = 7, settles = wait },
    bury = { words = 9, settles = bury },
    healed = { words = 2, notes = healed },
    retried = { words = 3, notes = retried },
}

local at, is_open = 1, false
while at <= #ARGV do
    local word = ARGV[at]
    local operation = operations[word]
    local last = at + operation.words
    if operation.opens then
        is_open = operation.opens(unpack(ARGV, at + 1, last))
    elseif is_open and operation.notes then
        operation.notes(unpack(ARGV, at + 1, last))
    elseif is_open then
        operation.settles(unpack(ARGV, at + 1, last))
        settled = settled + (word == 'done' and ARGV[last] or 1)
    end
    at = last + 1
end
for event, count in pairs(finished) do
    release(event, count)
end
for lane in pairs(touched) do
    trim(lane, 'deliver')
end
return settled
