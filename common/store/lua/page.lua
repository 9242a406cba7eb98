-- page.lua - post one page of an event's jobs.
--
-- ARGV  1 event id, 2 subscriptions in a page, 3 retention in ms, 4 most
--       unread jobs of `bulk`, 5... TDs of the levels whose subscriptions
--       it is for, the most specific first; of a dotted topic the last one is
--       that of `*`
-- Returns {jobs posted, 1 when the event is finished, 0 when there is more, 2
-- when `bulk` is full and nothing was done, 3 when an earlier event has to
-- begin first and nothing was done}.
--
-- Atomic: the jobs and the fan-out progress that says they are posted.  The
-- progress is read here, not given, so two spreaders on one event share its
-- pages and none is posted twice.  A finished event is marked until the low
-- watermark passes it, so an event read again (the group was lost) posts
-- nothing.  Only an event that is pending gets jobs: of one that is not,
-- another spreader has posted the rest (and the mark may be gone), or the group
-- was lost and it will be read again.
--
-- The first page is small.  When it is the last one too it goes to `outbox`, so
-- that an event with few subscriptions never waits behind a large one; all else
-- goes to `bulk`.  What an entry costs Redis and deliver is shared by the jobs
-- of its bundle.  With the first page the event enters the index of each level.
-- A subscription that was in cursor mode by then gets it from there, and no
-- job.
--
-- An event that enters an index after a later one is out of its order.  Where
-- somebody is in cursor mode it may not: an earlier one of the topic (of any
-- dotted topic, when it is dotted) that was read by a spreader and has had no
-- page has to begin first; should its spreader have ended, by who takes it over.
-- None waits for a later one, so they never wait for each other.
--
-- The levels' indexes are merged in the order of CDs: one job for a CD, for
-- the most specific level that has it.
--
-- Repeated: the next page is posted; of an event that is finished, none.
--
-- uses: shard, index_page

local BUNDLE_JOBS = 16 -- deliver/bundle.h: at most
local FIRST_PAGE_JOBS = 100 -- well under a millisecond of deliver
local FIRST_TD = 5

local event, size = ARGV[1], tonumber(ARGV[2])

local pending = redis.pcall('XPENDING', p .. 'log', 'spread', event, event, 1)
if pending.err and string.sub(pending.err, 1, 7) ~= 'NOGROUP' then
    error(pending.err)
end
if #pending == 0 then
    return { 0, 1 }
end

local progress = redis.call('HGET', p .. 'fanout', event)
if progress == 'done' then
    redis.call('XACK', p .. 'log', 'spread', event)
    return { 0, 1 }
end
local is_first = not progress

-- Jobs of `bulk` that nobody has read, as though all bundles were full; all of
-- them where Redis has lost count.  It is never more than there are: what was
-- read between a rewrite of the append-only file and a restart Redis counts as
-- unread for ever.
if not is_first then
    local unread = redis.call('XLEN', p .. 'bulk')
    for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', p .. 'bulk')) do
        if group[2] == 'deliver' and group[12] then
            unread = math.min(group[12], unread)
        end
    end
    if unread * BUNDLE_JOBS >= tonumber(ARGV[4]) then
        return { 0, 2 }
    end
end

-- The topics of which some subscription is in cursor mode.
local cursors = {}
for i = FIRST_TD, #ARGV do
    if redis.call('EXISTS', p .. 'cursor:' .. ARGV[i]) == 1 then
        cursors[ARGV[i]] = true
    end
end

-- Whether an earlier event has to begin first.  Where there is too much to look
-- at, one may be there.
local function has_to_wait()
    -- uses: event

    local EARLIER_STEP = 1000 -- open events before this one in one go
    local EARLIER_STEPS = 5   -- a few ms in all
    local BODIES_MAX = 50     -- of those that have not begun, read for topics
    local is_dotted = #ARGV > FIRST_TD

    -- Whether an event of `log` shares an index with this one.  One that has
    -- left is nobody's; one without a topic is about to be rejected.
    local topic = event_topic(event)
    local function shares_index(id)
        local other = event_topic(id)
        if is_dotted and other then
            return not string.find(other, ':', 1, true)
        end
        return other and other == topic
    end

    -- The next events after `from` and before this one that were read and are
    -- not finished.
    local function earlier_events(from)
        local ids = {}
        for i, row in ipairs(redis.call('XPENDING', p .. 'log', 'spread',
            '(' .. from, '(' .. event, EARLIER_STEP)) do
            ids[i] = row[1]
        end
        return ids
    end

    local function unbegun(ids)
        local found = {}
        if #ids > 0 then
            for i, at in ipairs(redis.call('HMGET', p .. 'fanout',
                unpack(ids))) do
                found[#found + 1] = not at and ids[i] or nil
            end
        end
        return found
    end

    local bodies, from = 0, '0-0'
    for _ = 1, EARLIER_STEPS do
        local ids = earlier_events(from)
        for _, id in ipairs(unbegun(ids)) do
            bodies = bodies + 1
            if bodies > BODIES_MAX or shares_index(id) then
                return true
            end
        end
        if #ids < EARLIER_STEP then
            return false
        end
        from = ids[#ids]
    end
    return true
end

if is_first then
    size = math.min(size, FIRST_PAGE_JOBS)
    if next(cursors) and has_to_wait() then
        return { 0, 3 }
    end
end

-- The next CDs of each level that has any, at most a page of each: more can't
-- be among the first `size` of all.
local lists = {}
for i = FIRST_TD, #ARGV do
    local cds = index_page(ARGV[i], progress or '', size)
    if #cds > 0 then
        lists[#lists + 1] = {
            td = ARGV[i], cds = cds, at = 1,
            suffix = i == FIRST_TD and '' or i == #ARGV and ':*' or
                ':' .. i - FIRST_TD,
        }
    end
end

local looked, last = 0, nil

-- Those of several levels, or of a topic of which somebody is in cursor mode.
local function merged_targets()
    -- uses: numbers, time, order, ids, cursor_parse, cursor_job

    -- Adds the event to a level's index.  One that is fanned out after a later
    -- one (a takeover) stays out, and everybody gets a job for it.
    local function index(td)
        local retention_ms = tonumber(ARGV[3])
        local n = (redis.call('HGET', p .. 'topic:' .. td, 'n') or 0) + 1
        local oldest = digits(math.max(0, now_ms() - retention_ms))
        local added = redis.pcall('XADD', p .. 'events:' .. td, 'MINID', '~',
            oldest, event, 'n', digits(n))
        if added.err then
            if not string.find(added.err, 'equal or smaller', 1, true) then
                error(added.err)
            end
            return
        end
        redis.call('HSET', p .. 'topic:' .. td, 'n', digits(n))
        redis.call('PEXPIRE', p .. 'events:' .. td, digits(retention_ms))
    end

    -- The texts of the cursors among `cds`, by CD; nil when the index does not
    -- have the event.
    local function cursors_of(td, cds)
        if #redis.call('XRANGE', p .. 'events:' .. td, event, event) == 0 then
            return nil
        end
        local found = {}
        for i, text in ipairs(redis.call('HMGET', p .. 'cursor:' .. td,
            unpack(cds))) do
            found[cds[i]] = text or nil
        end
        return found
    end

    for _, list in ipairs(lists) do
        if cursors[list.td] then
            if is_first then
                index(list.td)
            end
            list.cursors = cursors_of(list.td, list.cds)
        end
    end

    -- Takes the smallest CD off all lists; returns it and the first list that
    -- has it.
    local function take_next()
        local best
        for _, list in ipairs(lists) do
            local cd = list.cds[list.at]
            if cd and (not best or text_before(cd, best.cds[best.at])) then
                best = list
            end
        end
        if not best then
            return nil
        end
        local cd = best.cds[best.at]
        for _, list in ipairs(lists) do
            if list.cds[list.at] == cd then
                list.at = list.at + 1
            end
        end
        return cd, best
    end

    -- Whether a subscription gets an event of the index by a cursor job.
    local function has_cursor_job(cursor)
        if not id_before(cursor.start, event) then
            return false
        end
        if cursor.backfill_end and id_before(cursor.backfill_end.id, event) then
            return cursor.resume_after and
                id_before(cursor.resume_after.id, event)
        end
        return true
    end

    -- Whether the event comes, or came, by a cursor job: the subscription was
    -- in cursor mode when the event entered the index.  An idle one is given a
    -- cursor job for it; or to end its cursor mode, which a fan-out held up.
    local function comes_by_cursor_job(list, cd)
        local text = list.cursors[cd]
        local cursor = text and parse_cursor(text)
        if not cursor then
            return false
        end
        local comes = has_cursor_job(cursor)
        if cursor.mode == 'idle' and
            (cursor.backfill_end or comes and id_before(cursor.at, event)) then
            post_cursor_job(list.td, cd, cursor)
        end
        return comes
    end

    local targets = {}
    while looked < size do
        local cd, list = take_next()
        if not cd then
            break
        end
        if not (list.cursors and comes_by_cursor_job(list, cd)) then
            targets[#targets + 1] = cd .. list.suffix
        end
        looked, last = looked + 1, cd
    end
    return targets
end

local targets
if #lists > 1 or #lists == 1 and
    (lists[1].suffix ~= '' or cursors[lists[1].td]) then
    targets = merged_targets()
else
    targets = #lists == 1 and lists[1].cds or {}
    looked, last = #targets, targets[#targets]
end

local is_finished = looked < size
local lane = p .. (is_first and is_finished and 'outbox' or 'bulk')
for i = 1, #targets, BUNDLE_JOBS do
    redis.call('XADD', lane, '*', 'e', event, 'c', table.concat(targets, ' ',
        i, math.min(i + BUNDLE_JOBS - 1, #targets)))
end
if #targets > 0 then
    redis.call('HINCRBY', p .. 'refs', event, #targets)
end
redis.call('HSET', p .. 'fanout', event, is_finished and 'done' or last)
if is_finished then
    redis.call('XACK', p .. 'log', 'spread', event)
end
return { #targets, is_finished and 1 or 0 }
