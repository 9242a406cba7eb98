-- activation.lua - a subscription becomes active, or is renewed.
--
-- uses: shard, cursor_get, cursor_set, cursor_begin, cursor_end, backfilling
-- uses: backfill_break, flag, subscription_set, index_add, events

-- Whether the subscription waits, and not for an event whose pages have yet to
-- come to it: later ones may have passed it meanwhile, without a job.
local function has_nothing_due(td, cursor)
    return cursor.mode == 'idle' and
        events_tail(td, cursor.at).n <= cursor.n
end

-- What becomes of a subscription's cursor mode when it is (or is not) to be
-- ordered from now on; returns the flag of its record.
local function cursor_mode_as(td, cd, ordered, topic)
    local cursor = get_cursor(td, cd)
    if ordered then
        if not cursor then
            begin_cursor_mode(td, cd, 0, 'idle', topic)
        elseif is_backfilling(cursor) then
            break_backfill(td, cursor)
            set_cursor(td, cd, cursor)
        end
        return 'o'
    end
    if cursor and has_nothing_due(td, cursor) then
        end_cursor_mode(td, cd)
        cursor = nil
    end
    return flag_of(cursor)
end

-- sub.flags is set here.
local function activate(td, cd, sub, ordered, topic)
    sub.flags = cursor_mode_as(td, cd, ordered, topic)
    set_sub(td, cd, sub)
    index_add(td, cd, sub.expires)
    redis.call('PERSIST', p .. 'topic:' .. td)
end

