-- pause.lua - pause a subscription, or have it go on.
--
-- ARGV  1 TD, 2 CD, 3 topic, 4 pause or resume, 5 replica where it is a replica
--       of a subscription to `*`, which may be on its way: it will be as wanted;
--       else -
-- Returns 1 when it is as wanted, 0 when there is no such subscription, or its
-- record is of another version.
--
-- A paused subscription is in cursor mode without a cursor job: nothing is sent,
-- what comes waits for its cursor, and what was queued becomes missed as it is
-- claimed.  An attempt that is under way is not broken off.
--
-- Resumed it gets what it missed by the next cursor job, as after a suspension; a
-- suspended one is probed by it.
--
-- Atomic: `paused`, the cursor and the flag of the record.
--
-- Repeated: it is as wanted, and since the first time; nothing is done.
--
-- uses: shard, time, numbers, subscription

local td, cd, topic, order = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = td .. ':' .. cd

local function resume()
    -- uses: cursor_get, cursor_restored, cursor_job, paused_recall

    local cursor = get_cursor(td, cd) or restored_cursor(td, cd, now_ms())
    recall_to_missed(td, cd)
    if cursor then
        post_cursor_job(td, cd, cursor)
    end
end

local function pause(sub)
    -- uses: pause

    begin_pause(td, cd, sub, topic)
end

local record, sub = get_sub(td, cd)
if record and not sub or not record and ARGV[5] ~= 'replica' then
    return 0
end
if order == 'resume' then
    if redis.call('ZREM', p .. 'paused', key) == 1 then
        resume()
    end
elseif redis.call('ZADD', p .. 'paused', 'NX', digits(now_ms()), key) == 1 and
    sub then
    pause(sub)
end
return 1
