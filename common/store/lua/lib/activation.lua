-- activation.lua - a subscription becomes active, or is renewed.
--
-- uses: shard, cursor_get, cursor_set, cursor_begin, cursor_end, backfilling
-- uses: backfill_break, flag, subscription_text, index_add, events, cursor_job
-- uses: quota_count, topic_lasts

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

-- Whoever renews is there again: the next probe of a suspended subscription is
-- due at once.  The cursor job that waits for its time has an old number then.
local function probe_at_once(td, cd)
    local cursor = redis.call('ZSCORE', p .. 'suspended', td .. ':' .. cd) and
        get_cursor(td, cd)
    if cursor and cursor.mode == 'run' then
        post_cursor_job(td, cd, cursor)
    end
end

-- sub.flags is set here.  `host` is the callback's, as host_id() has it.  One that
-- `is_new` has no cursor mode yet.
local function activate(td, cd, sub, ordered, topic, host, is_new)
    if is_new and not ordered then
        sub.flags = '-'
    else
        sub.flags = cursor_mode_as(td, cd, ordered, topic)
    end
    redis.call('HSET', p .. 'sub:' .. td, cd, subscription_text(sub), 't',
        topic)
    index_add(td, cd, sub.expires)
    if is_new then
        count_subscription(td, topic, host, '1')
    else
        probe_at_once(td, cd)
    end
    topic_lasts(td, topic)
end

