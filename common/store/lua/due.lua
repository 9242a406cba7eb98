-- due.lua - what waits for a subscription is tried now.
--
-- ARGV  1 TD, 2 CD
-- Returns how many jobs are due now, or queued again; -1 when there is no such
-- subscription.
--
-- These are the jobs that wait for another attempt, the cursor job that does (the
-- probe of a suspended one), and what is parked for the callback, of whatever
-- topic.  Of one that is paused nothing waits.
--
-- Atomic: each is in one place.
--
-- Repeated: nothing waits any more, or what has come to wait meanwhile is due.
--
-- Stands behind mending.lua: it takes jobs out of one place before it puts them
-- into another.
--
-- uses: shard, time, subscribed, cursor_get, cursor_waiting, retry, parked

local td, cd = ARGV[1], ARGV[2]
local MOST = 1000 -- of each
local count = 0

local function make_due(member)
    if redis.call('ZSCORE', p .. 'retry', member) then
        plan_retry(member, now_ms())
        count = count + 1
    end
end

if not is_subscribed(td, cd) then
    return -1
end
local key = p .. 'failing:' .. td .. ':' .. cd
local failing = redis.call('HLEN', key) <= MOST and redis.call('HVALS', key) or
    redis.call('HRANDFIELD', key, MOST, 'WITHVALUES')
for _, member in ipairs(failing) do
    make_due(member)
end
local cursor = get_cursor(td, cd)
local probe = cursor and cursor.mode == 'run' and
    waiting_cursor_job(td, cd, cursor.u)
if probe then
    make_due(probe)
end
count = count + unpark(cd, MOST)
wake_if_earliest()
return count
