-- cursor_end.lua - the end of cursor mode.
--
-- uses: shard, cursor_set, backfill, flag, fanout

-- Ends the cursor mode of a subscription that has got everything; returns the
-- flag of its record.  The mode goes on, idle, while a fan-out is behind.
local function end_cursor_mode(td, cd, cursor)
    redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
    if not fanout_is_behind(td, cd, cursor, cursor.at) then
        redis.call('HDEL', p .. 'cursor:' .. td, cd)
        return '-'
    end
    cursor.mode = 'idle'
    if not cursor.backfill_end then
        begin_backfill(td, cursor)
    end
    set_cursor(td, cd, cursor)
    return flag_of(cursor)
end

