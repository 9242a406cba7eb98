-- pause.lua - the beginning of a pause.
--
-- uses: time, subscription_set, cursor_get, cursor_set, cursor_restored
-- uses: cursor_begin, backfilling, backfill_break, paused_recall

-- Has the subscription, which `paused` names, wait from now on: in cursor mode,
-- without a cursor job.
local function begin_pause(td, cd, sub, topic)
    local cursor = get_cursor(td, cd) or restored_cursor(td, cd, now_ms())
    if not cursor then
        begin_cursor_mode(td, cd, 1, 'paused', topic)
    else
        if is_backfilling(cursor) then
            break_backfill(td, cursor)
        end
        cursor.mode = 'paused'
        set_cursor(td, cd, cursor)
    end
    if sub.flags ~= 'o' then
        sub.flags = 'f'
        set_sub(td, cd, sub)
    end
    recall_to_missed(td, cd)
end
