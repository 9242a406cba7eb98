-- begin.lua - give the next events of the log their first pages.
--
-- ARGV  1 epoch, 2 id of the event before them, as the caller knows the
--       position, 3 retention in ms, then for each event, in the order of the
--       log: its id, its topic, the digest of its content where that was
--       fetched, else "", how many levels there are, and the TDs of the levels
--       whose subscriptions it is for, the most specific first; of a dotted
--       topic the last one is that of `*`
-- Returns {ID, JOBS, FINISHED, JOBS, FINISHED ...}: the position by now, and for
-- each event that has begun the jobs that were posted and 1 when that was all,
-- else 0.  None has begun when the position was not ARGV[2], or the log does not
-- have the last event: the caller reads the log anew.  FENCED: the epoch is over.
--
-- Atomic: an event's first jobs, its place among the open ones, the position, and
-- what the subscriptions have.  So events begin in the order of the log, each
-- once.
--
-- Content that was fetched, and is what the subscriptions have by then, is
-- finished without a job.  What was pushed is always posted, and nobody knows
-- whether it will be what is fetched next.
--
-- A first page is small.  When it is the last one too it goes to `outbox`, so
-- that an event with few subscriptions never waits behind a large one; all else
-- goes to `bulk`.  With the first page the event enters the index of each level
-- of which somebody is in cursor mode; the others have no use for it.
--
-- What was posted is counted for the publisher (lib/posted.lua), in one command
-- for all events of 10 s.
--
-- A call gives up after so many subscriptions that it takes about as long as a
-- page; the caller sends the rest again.
--
-- Repeated: the position is another one by then, and nothing is done.
--
-- uses: shard, time, numbers, fenced, position_get, position_set, page_first
-- uses: page, post_jobs, progress_set, ids, posted, topic_have, horizon

local FIRST_PAGE = 100 -- subscriptions; well under a millisecond of deliver
local ENOUGH = 500     -- subscriptions in one call
local FIRST_EVENT = 4

check_owner(ARGV[1])
local position, begun = get_position()
if position ~= ARGV[2] then
    return { position }
end

-- What the arguments say of each event.
local function parse_events()
    local events, tds, at = {}, {}, FIRST_EVENT
    while at <= #ARGV do
        local after = at + 4 + tonumber(ARGV[at + 3])
        local event = { id = ARGV[at], topic = ARGV[at + 1],
                        digest = ARGV[at + 2],
                        tds = { unpack(ARGV, at + 4, after - 1) } }
        for _, td in ipairs(event.tds) do
            tds[#tds + 1] = td
        end
        events[#events + 1], at = event, after
    end
    return events, tds
end

-- A position beyond the end of the log would be taken for one of another log
-- (sweep.lua), and all of this one would begin again.
local function is_there(event)
    return #redis.call('XRANGE', p .. 'log', event.id, event.id) > 0
end

local events, all_tds = parse_events()
if #events > 0 then
    if not is_there(events[#events]) then
        return { position }
    end
    count_cursors(all_tds)
end

local retention_ms = tonumber(ARGV[3])
local oldest -- id before which events leave an index: they are gone, or will be
local lasts = {} -- TD -> whether this call has made its index last

-- Adds the event to the index of a level.  It stays out, and everybody gets a
-- job for it, where the index has a later one (the log was lost, and ids began
-- anew).
local function enter_index(event, td)
    local topic, key = p .. 'topic:' .. td, p .. 'events:' .. td
    if not oldest then
        oldest = digits(math.max(0, now_ms() - retention_ms)) .. '-0'
        local horizon = get_horizon()
        oldest = id_before(oldest, horizon) and horizon or oldest
    end
    local n = redis.call('HINCRBY', topic, 'n', 1)
    local added = lasts[td] and redis.pcall('XADD', key, event, 'n', n) or
        redis.pcall('XADD', key, 'MINID', '~', oldest, event, 'n', n)
    if added.err then
        redis.call('HINCRBY', topic, 'n', -1)
        if not string.find(added.err, 'equal or smaller', 1, true) then
            error(added.err)
        end
        return false
    end
    if not lasts[td] then
        redis.call('PEXPIRE', key, digits(retention_ms))
        lasts[td] = true
    end
    return true
end

local counts = {} -- events, each followed by what was posted of it

-- Adds those from `first` to `last` to one string of `posted`, which lasts a
-- little longer than the events: these leave when the log is swept.
local LONGER_MS = 60000

local function append_counts(first, last)
    local key = posted_key(counts[first])
    local text = ' ' .. table.concat(counts, ' ', first, last)
    if redis.call('APPEND', key, text) == #text then
        redis.call('PEXPIRE', key, digits(retention_ms + LONGER_MS))
    end
end

local function write_counts()
    local first = 1
    if #counts > 0 and posted_key(counts[1]) ~= posted_key(counts[#counts - 1])
    then
        for i = 3, #counts, 2 do
            if posted_key(counts[i]) ~= posted_key(counts[first]) then
                append_counts(first, i - 1)
                first = i
            end
        end
    end
    if #counts > 0 then
        append_counts(first, #counts)
    end
end

local function count(event, jobs, cursors)
    local n = #counts
    counts[n + 1] = event
    counts[n + 2] = cursors > 0 and jobs .. '+' .. cursors or
        jobs == 1 and '1' or jobs
end

-- What an event has to do with is looked at, after an error, so that what is
-- damaged is moved out of the way: the call that repeats this one may be wrong
-- about the position, and look at nothing.
local function mend_all(event)
    -- uses: mend

    local redis = mend(redis)
    for _, td in ipairs(event.tds) do
        redis.call('HLEN', p .. 'sub:' .. td)
        redis.call('HLEN', p .. 'cursor:' .. td)
        redis.call('XLEN', p .. 'events:' .. td)
        if redis.call('EXISTS', p .. 'topic:' .. td) == 1 then
            redis.call('HINCRBY', p .. 'topic:' .. td, 'n', 0)
        end
    end
    redis.call('GET', posted_key(event.id))
end

local reached = position
local current -- event

local function begin(event, topic, digest, tds)
    local indexed = {}
    if not is_new_content(tds[1], digest) then
        reached, begun = event, begun + 1
        return 0, 1, 0
    end
    for _, td in ipairs(tds) do
        indexed[td] = has_cursors(td) and enter_index(event, td)
    end
    local targets, looked, last =
        first_targets(event, tds, FIRST_PAGE, indexed)
    local is_finished = looked < FIRST_PAGE
    post_jobs(is_finished and 'outbox' or 'bulk', event, targets)
    if not is_finished then
        set_progress(event, last, topic)
    end
    if looked > 0 then
        count(event, #targets, looked - #targets)
    end
    reached, begun = event, begun + 1
    note_content(event, topic, tds[1], digest, looked)
    return #targets, is_finished and 1 or 0, looked
end

local result, total = {}, 0

local function begin_all()
    for _, event in ipairs(events) do
        if total >= ENOUGH then
            break
        end
        current = event
        local jobs, finished, looked =
            begin(event.id, event.topic, event.digest, event.tds)
        total = total + looked
        result[#result + 1] = jobs
        result[#result + 1] = finished
    end
end

-- What has begun before an error has begun.
local went_well, problem = pcall(begin_all)
if reached ~= position then
    local is_counted, why
    set_position(reached, begun)
    is_counted, why = pcall(write_counts)
    if not is_counted then
        went_well, problem = false, why
    end
end
if not went_well then
    mend_all(current)
    error(problem)
end
table.insert(result, 1, reached)
return result
