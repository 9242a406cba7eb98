-- progress_get.lua - the events that have begun and are not finished.
--
-- `fanout` is a hash: event id -> `CD TOPIC`, the callback id that its pages
-- have come to, and its topic.
--
-- uses: shard

-- How far the event has come, and its topic; nil when it is not open.  Of one
-- that can't be read it begins anew (resume.lua).
local function get_progress(event)
    local text = redis.call('HGET', p .. 'fanout', event)
    if not text then
        return nil
    end
    local last, topic = string.match(text, '^(%S+) (.+)$')
    return last or '-', topic
end

