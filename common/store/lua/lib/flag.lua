-- flag.lua - the flag in the record of a subscription.
--
-- uses: backfilling

-- Of one that is not ordered; `cursor` is nil outside cursor mode.
local function flag_of(cursor)
    return not cursor and '-' or is_backfilling(cursor) and 'c' or 'f'
end

