-- backfill_break.lua - a backfill that breaks off.
--
-- uses: numbers, time, events

-- What comes from now on has cursor jobs again.  There are never more than two
-- parts of the index that have cursor jobs.
local function break_backfill(td, cursor)
    cursor.resume_after = events_tail(td, cursor.backfill_end.id)
    cursor.since = digits(now_ms())
end

