-- page.lua - post the next page of an open event's jobs.
--
-- ARGV  1 epoch, 2 event id, 3 subscriptions in a page, 4 most unread jobs of
--       `bulk`, 5... TDs of its levels, as for begin.lua
-- Returns {jobs posted, 1 when the event is finished, 0 when there is more, 2
-- when `bulk` is full and nothing was done}.  FENCED: the epoch is over.
--
-- Atomic: the jobs and the fan-out progress that says they are posted.
--
-- Repeated: the next page is posted; of an event that is finished, none.
--
-- uses: shard, fenced, page, progress_get, progress_set, tally_add, event
-- uses: unread, post_jobs

local event, size = ARGV[2], tonumber(ARGV[3])

check_owner(ARGV[1])
local from, topic = get_progress(event)
if not from then
    return { 0, 1 }
end
topic = topic or event_topic(event) or '-'

-- As though all bundles were full.
if count_unread('bulk') * BUNDLE_JOBS >= tonumber(ARGV[4]) then
    return { 0, 2 }
end

local tds = { unpack(ARGV, 5) }
local targets, looked, last =
    page_targets(event, tds, from, size, {})
post_jobs('bulk', event, targets)
tally_add(event, '', #targets)
if looked > #targets then
    tally_add(event, ' c', looked - #targets)
end
if looked < size then
    redis.call('HDEL', p .. 'fanout', event)
    return { #targets, 1 }
end
set_progress(event, last, topic)
return { #targets, 0 }
