-- cursor_begin.lua - the beginning of cursor mode.
--
-- uses: shard, id_preceding, unsettled, numbers, time, events, cursor_set

-- Begins behind the last event of the topic's index, and behind all events that
-- are fanned out by now: none of them enters the index any more.  What is told
-- of the subscription from now on names its topic; nil when that is not known.
local function begin_cursor_mode(td, cd, u, mode, topic)
    if topic then
        redis.call('HSET', p .. 'topic:' .. td, 't', topic)
    end
    local open = first_unsettled(p .. 'log', 'spread')
    local tail = events_tail(td, open and id_preceding(open) or '0-0')
    set_cursor(td, cd, { u = u, mode = mode, at = tail.id, n = tail.n,
                         since = digits(now_ms()), start = tail.id })
end

