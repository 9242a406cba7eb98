-- page.lua - post one page of an event's jobs.
--
-- ARGV  1 event id, 2 TD of its topic, 3 jobs in a page
-- Returns {jobs posted, 1 when the event is finished else 0}.
--
-- Atomic: the jobs and the cursor that says they are posted.  The cursor is
-- read here, not given, so two spreaders on one event share its pages and
-- none is posted twice.  A finished event is marked until the floor passes
-- it, so an event read again (the group was lost) posts nothing.  Only an
-- event that is pending gets jobs: of one that is not, another spreader has
-- posted the rest (and the mark may be gone), or the group was lost and it
-- will be read again.

local event, td, size = ARGV[1], ARGV[2], tonumber(ARGV[3])

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
local page = redis.call('ZRANGEBYLEX', p .. 'subs:' .. td,
    cursor and '(' .. cursor or '-', '+', 'LIMIT', 0, size)
local outbox = p .. 'outbox'
for i = 1, #page do
    redis.call('XADD', outbox, '*', 'e', event, 'c', page[i])
end
if #page > 0 then
    redis.call('HINCRBY', p .. 'refs', event, #page)
end
if #page < size then
    redis.call('HSET', p .. 'fan', event, 'done')
    redis.call('XACK', p .. 'log', 'spread', event)
    return { #page, 1 }
end
redis.call('HSET', p .. 'fan', event, page[#page])
return { #page, 0 }
