-- page.lua - post one page of an event's jobs.
--
-- ARGV  1 event id, 2 jobs in a page, 3... TDs of the levels whose
--       subscriptions it is for, the most specific first; of a dotted topic
--       the last one is that of `*`
-- Returns {jobs posted, 1 when the event is finished else 0}.
--
-- Atomic: the jobs and the cursor that says they are posted.  The cursor is
-- read here, not given, so two spreaders on one event share its pages and
-- none is posted twice.  A finished event is marked until the floor passes
-- it, so an event read again (the group was lost) posts nothing.  Only an
-- event that is pending gets jobs: of one that is not, another spreader has
-- posted the rest (and the mark may be gone), or the group was lost and it
-- will be read again.
--
-- The levels' indexes are merged in the order of CDs: one job for a CD, for
-- the most specific level that has it.

local event, size = ARGV[1], tonumber(ARGV[2])

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

-- The next CDs of each level that has any, at most a page of each: more can't
-- be among the first `size` of all.
local lists = {}
for i = 3, #ARGV do
    local cds = redis.call('ZRANGEBYLEX', p .. 'subs:' .. ARGV[i],
        cursor and '(' .. cursor or '-', '+', 'LIMIT', 0, size)
    if #cds > 0 then
        local suffix = i == 3 and '' or i == #ARGV and ':*' or ':' .. i - 3
        lists[#lists + 1] = { cds = cds, at = 1, suffix = suffix }
    end
end

-- Takes the smallest CD off all lists; returns it and its job's `c`.
local function take_next()
    local best
    for _, list in ipairs(lists) do
        local cd = list.cds[list.at]
        if cd and (not best or cd < best.cds[best.at]) then
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
    return cd, cd .. best.suffix
end

local outbox = p .. 'outbox'
local posted, last = 0, nil
if #lists == 1 then
    local list = lists[1]
    for _, cd in ipairs(list.cds) do
        redis.call('XADD', outbox, '*', 'e', event, 'c', cd .. list.suffix)
    end
    posted, last = #list.cds, list.cds[#list.cds]
else
    while posted < size do
        local cd, c = take_next()
        if not cd then
            break
        end
        redis.call('XADD', outbox, '*', 'e', event, 'c', c)
        posted, last = posted + 1, cd
    end
end
if posted > 0 then
    redis.call('HINCRBY', p .. 'refs', event, posted)
end
if posted < size then
    redis.call('HSET', p .. 'fan', event, 'done')
    redis.call('XACK', p .. 'log', 'spread', event)
    return { posted, 1 }
end
redis.call('HSET', p .. 'fan', event, last)
return { posted, 0 }
