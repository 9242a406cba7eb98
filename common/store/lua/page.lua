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
-- Atomic: the jobs and the cursor that says they are posted.  The cursor is
-- read here, not given, so two spreaders on one event share its pages and
-- none is posted twice.  A finished event is marked until the floor passes
-- it, so an event read again (the group was lost) posts nothing.  Only an
-- event that is pending gets jobs: of one that is not, another spreader has
-- posted the rest (and the mark may be gone), or the group was lost and it
-- will be read again.
--
-- The first page is small.  When it is the last one too it goes to `outbox`, so
-- that an event with few subscriptions never waits behind a large one; all else
-- goes to `bulk`.  What an entry costs Redis and deliver is shared by the jobs
-- of its bundle.  With the first page the event enters the index of each level.
-- A subscription that was followed by then gets it from there, and no job.
--
-- An event that enters an index after a later one is out of its order.  Where
-- somebody is followed it may not: an earlier one of the topic (of any dotted
-- topic, when it is dotted) that was read by a spreader and has had no page has
-- to begin first; should its spreader have ended, by who takes it over.  None
-- waits for a later one, so they never wait for each other.
--
-- The levels' indexes are merged in the order of CDs: one job for a CD, for
-- the most specific level that has it.
--
-- uses: prelude

local BUNDLE_JOBS = 16 -- deliver/bundle.h: at most
local FIRST_PAGE_JOBS = 100 -- well under a millisecond of deliver
local FIRST_TD = 5
local EARLIER_STEP = 1000 -- open events before this one, looked at in one go
local EARLIER_STEPS = 5   -- a few ms in all
local BODIES_MAX = 50     -- of those that have not begun, read for their topics

local event, size = ARGV[1], tonumber(ARGV[2])
local retention_ms, backlog = tonumber(ARGV[3]), tonumber(ARGV[4])

local pending = redis.pcall('XPENDING', p .. 'log', 'spread', event, event, 1)
if pending.err and string.sub(pending.err, 1, 7) ~= 'NOGROUP' then
    error(pending.err)
end
if #pending == 0 then
    return { 0, 1 }
end

local cursor = redis.call('HGET', p .. 'fan', event)
if cursor == 'done' then
    redis.call('XACK', p .. 'log', 'spread', event)
    return { 0, 1 }
end

-- Jobs of `bulk` that nobody has read, as though all bundles were full; all of
-- them where Redis has lost count.  It is never more than there are: what was
-- read between a rewrite of the append-only file and a restart Redis counts as
-- unread for ever.
local function unread()
    local all = redis.call('XLEN', p .. 'bulk')
    for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', p .. 'bulk')) do
        if group[2] == 'deliver' and group[12] then
            return math.min(group[12], all) * BUNDLE_JOBS
        end
    end
    return all * BUNDLE_JOBS
end

if cursor and unread() >= backlog then
    return { 0, 2 }
end

local is_dotted = #ARGV > FIRST_TD

local function somebody_is_followed()
    for i = FIRST_TD, #ARGV do
        if redis.call('EXISTS', p .. 'follow:' .. ARGV[i]) == 1 then
            return true
        end
    end
    return false
end

-- The next events after `from` and before this one that were read and are not
-- finished.
local function earlier_events(from)
    local ids = {}
    for i, row in ipairs(redis.call('XPENDING', p .. 'log', 'spread',
        '(' .. from, '(' .. event, EARLIER_STEP)) do
        ids[i] = row[1]
    end
    return ids
end

-- Whether an event of `log` shares an index with this one.  One that has left
-- is nobody's; one without a topic is about to be put aside.
local function shares_index(id)
    local entry = redis.call('XRANGE', p .. 'log', id, id)[1]
    local fields = entry and entry[2] or {}
    for i = 1, #fields, 2 do
        if fields[i] == 't' and is_dotted then
            return not string.find(fields[i + 1], ':', 1, true)
        elseif fields[i] == 't' then
            return fields[i + 1] ==
                redis.call('HGET', p .. 'topic:' .. ARGV[FIRST_TD], 't')
        end
    end
    return false
end

local function unbegun(ids)
    local found = {}
    if #ids > 0 then
        for i, at in ipairs(redis.call('HMGET', p .. 'fan', unpack(ids))) do
            found[#found + 1] = not at and ids[i] or nil
        end
    end
    return found
end

-- Where there is too much to look at, one that has to begin first may be
-- there.
local function has_to_wait()
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

if not cursor and somebody_is_followed() and has_to_wait() then
    return { 0, 3 }
end
if not cursor then
    size = math.min(size, FIRST_PAGE_JOBS)
end

-- Adds the event to a level's index.  One that is fanned out after a later
-- one (a takeover) stays out, and everybody gets a job for it.
local function index(td)
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

-- The followed ones among `cds`: CD -> its entry in follow:TD; nil when the
-- index does not have the event.
local function followed(td, cds)
    local key = p .. 'follow:' .. td
    if redis.call('EXISTS', key) == 0 or #redis.call('XRANGE',
        p .. 'events:' .. td, event, event) == 0 then
        return nil
    end
    local found = {}
    for i, text in ipairs(redis.call('HMGET', key, unpack(cds))) do
        found[cds[i]] = text or nil
    end
    return found
end

-- The next CDs of each level that has any, at most a page of each: more can't
-- be among the first `size` of all.
local lists = {}
for i = FIRST_TD, #ARGV do
    local td = ARGV[i]
    local cds = index_page(td, cursor or nil, size)
    if #cds > 0 then
        if not cursor then
            index(td)
        end
        lists[#lists + 1] = {
            td = td, cds = cds, at = 1, followed = followed(td, cds),
            suffix = i == FIRST_TD and '' or i == #ARGV and ':*' or
                ':' .. i - FIRST_TD,
        }
    end
end

local function take_first(list)
    local cd = list.cds[list.at]
    list.at = list.at + 1
    return cd, list
end

-- Takes the smallest CD off all lists; returns it and the first list that has
-- it.
local function take_next()
    if #lists == 1 then
        return take_first(lists[1])
    end
    local best
    for _, list in ipairs(lists) do
        local cd = list.cds[list.at]
        if cd and (not best or cd_before(cd, best.cds[best.at])) then
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

-- Whether the event comes, or came, by a turn: the subscription was followed
-- when the event entered the index.  An idle one is given a turn for it; or to
-- end its following, which a fan-out held up.
local function comes_by_turn(list, cd)
    local text = list.followed[cd]
    local f = text and parse_follow(text)
    if not f then
        return false
    end
    local turn = has_turn(f, event)
    if f.mode == 'idle' and
        (f.last or turn and id_before(f.cursor, event)) then
        post_turn(list.td, cd, f)
    end
    return turn
end

local targets, looked, last = {}, 0, nil
while looked < size do
    local cd, list = take_next()
    if not cd then
        break
    end
    if not (list.followed and comes_by_turn(list, cd)) then
        targets[#targets + 1] = cd .. list.suffix
    end
    looked, last = looked + 1, cd
end

local finished = looked < size
local lane = p .. (not cursor and finished and 'outbox' or 'bulk')
for i = 1, #targets, BUNDLE_JOBS do
    redis.call('XADD', lane, '*', 'e', event, 'c', table.concat(targets, ' ',
        i, math.min(i + BUNDLE_JOBS - 1, #targets)))
end
if #targets > 0 then
    redis.call('HINCRBY', p .. 'refs', event, #targets)
end
if finished then
    redis.call('HSET', p .. 'fan', event, 'done')
    redis.call('XACK', p .. 'log', 'spread', event)
    return { #targets, 1 }
end
redis.call('HSET', p .. 'fan', event, last)
return { #targets, 0 }
