-- cursor_begin.lua - the beginning of cursor mode.
--
-- uses: shard, position_get, numbers, time, events, cursor_set

-- Begins behind all events that have begun: they have jobs.  What is told of the
-- subscription from now on names its topic; nil when that is not known.
local function begin_cursor_mode(td, cd, u, mode, topic)
    if topic then
        redis.call('HSET', p .. 'topic:' .. td, 't', topic)
    end
    local tail = events_tail(td, (get_position()))
    set_cursor(td, cd, { u = u, mode = mode, at = tail.id, n = tail.n,
                         since = digits(now_ms()) })
end

