-- open_event.lua - the events that have begun and are not finished.
--
-- `fanout` is a hash: event id -> `CD TOPIC`, the callback id that its pages
-- have come to, and its topic.
--
-- uses: shard

-- How far the event has come, and its topic; nil when it is not open.
local function get_progress(event)
    local text = redis.call('HGET', p .. 'fanout', event)
    if not text then
        return nil
    end
    return string.match(text, '^(%S+) (.*)$')
end

-- `last` is nil when the event is finished.
local function set_progress(event, last, topic)
    if last then
        redis.call('HSET', p .. 'fanout', event, last .. ' ' .. topic)
    else
        redis.call('HDEL', p .. 'fanout', event)
    end
end

