-- begin.lua - give the next events of the log their first pages.
--
-- ARGV  1 epoch, 2 id of the event before them, as the caller knows the
--       position, 3 retention in ms, then for each event, in the order of the
--       log: its id, its topic, how many levels there are, and the TDs of the
--       levels whose subscriptions it is for, the most specific first; of a
--       dotted topic the last one is that of `*`
-- Returns {ID, JOBS, FINISHED, JOBS, FINISHED ...}: the position by now, and for
-- each event that has begun the jobs that were posted and 1 when that was all,
-- else 0.  None has begun when the position was not ARGV[2], or the log does not
-- have the last event: the caller reads the log anew.  FENCED: the epoch is over.
--
-- Atomic: an event's first jobs, its place among the open ones, and the
-- position.  So events begin in the order of the log, each once.
--
-- A first page is small.  When it is the last one too it goes to `outbox`, so
-- that an event with few subscriptions never waits behind a large one; all else
-- goes to `bulk`.  With the first page the event enters the index of each level
-- of which somebody is in cursor mode; the others have no use for it.
--
-- A call gives up after so many subscriptions that it takes about as long as a
-- page; the caller sends the rest again.
--
-- Repeated: the position is another one by then, and nothing is done.
--
-- uses: shard, time, numbers, fenced, position_get, position_set, page
-- uses: progress_set

local FIRST_PAGE = 100 -- subscriptions; well under a millisecond of deliver
local ENOUGH = 500     -- subscriptions in one call
local FIRST_EVENT = 4

check_owner(ARGV[1])
local position, begun = get_position()
if position ~= ARGV[2] then
    return { position }
end

-- A position beyond the end of the log would be taken for one of another log
-- (sweep.lua), and all of this one would begin again.
local function is_last_there()
    local last, at = nil, FIRST_EVENT
    while at <= #ARGV do
        last, at = ARGV[at], at + 3 + tonumber(ARGV[at + 2])
    end
    return not last or #redis.call('XRANGE', p .. 'log', last, last) > 0
end

if not is_last_there() then
    return { position }
end

local retention_ms = tonumber(ARGV[3])
local oldest -- id before which events leave an index
local lasts = {} -- TD -> whether this call has made its index last

-- Adds the event to the index of a level.  It stays out, and everybody gets a
-- job for it, where the index has a later one (the log was lost, and ids began
-- anew).
local function enter_index(event, td)
    local topic, key = p .. 'topic:' .. td, p .. 'events:' .. td
    oldest = oldest or digits(math.max(0, now_ms() - retention_ms))
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

local function begin(event, topic, tds)
    local indexed = {}
    for _, td in ipairs(tds) do
        indexed[td] = has_cursors(td) and enter_index(event, td)
    end
    local targets, looked, last =
        page_targets(event, tds, '', FIRST_PAGE, indexed)
    local is_finished = looked < FIRST_PAGE
    post_jobs(is_finished and 'outbox' or 'bulk', event, targets)
    if not is_finished then
        set_progress(event, last, topic)
    end
    begun = begun + 1
    set_position(event, begun)
    return #targets, is_finished and 1 or 0, looked
end

local result = { position }
local at, total = FIRST_EVENT, 0
while at <= #ARGV and total < ENOUGH do
    local event, levels = ARGV[at], tonumber(ARGV[at + 2])
    local tds = { unpack(ARGV, at + 3, at + 2 + levels) }
    local jobs, finished, looked = begin(event, ARGV[at + 1], tds)
    result[1] = event
    result[#result + 1] = jobs
    result[#result + 1] = finished
    at, total = at + 3 + levels, total + looked
end
return result
