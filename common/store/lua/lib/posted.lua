-- posted.lua - how many jobs were posted of an event when it began.
--
-- One string for the events of 10 s (their ids begin with the same 9 digits), to
-- which begin.lua adds ` E JOBS`, or ` E JOBS+CURSORS` where cursor jobs bring
-- the event to subscriptions as well.  An event without any is not in it.  It
-- ends with the retention of its events.  What changes later is in `tally`.
--
-- uses: shard

local function posted_key(event)
    return p .. 'posted:' .. string.sub(event, 1, 9)
end
