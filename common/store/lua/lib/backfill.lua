-- backfill.lua - the beginning of a backfill.
--
-- uses: events

-- What comes from now on has jobs of its own again.
local function begin_backfill(td, cursor)
    cursor.backfill_end = events_tail(td, cursor.at)
end

