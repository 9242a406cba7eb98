-- backfilling.lua - whether a subscription in cursor mode is in a backfill.

-- Whether it gets what comes from now on by jobs of its own.
local function is_backfilling(cursor)
    return cursor.backfill_end and not cursor.resume_after
end

