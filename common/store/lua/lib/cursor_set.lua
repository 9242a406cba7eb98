-- cursor_set.lua - writes the cursor of a subscription.
--
-- uses: shard, numbers

local function place_text(place)
    return place and place.id .. ':' .. digits(place.n) or '-'
end

local function set_cursor(td, cd, cursor)
    redis.call('HSET', p .. 'cursor:' .. td, cd, table.concat({
        digits(cursor.u), cursor.mode, cursor.at, digits(cursor.n),
        cursor.since, place_text(cursor.backfill_end),
        place_text(cursor.resume_after) }, ' '))
end

