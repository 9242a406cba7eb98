-- target_topic.lua - the topic of a subscription that an event's job is for.
--
-- uses: shard, event

-- The topic that target C of an event names, unless it is known by its text
-- already.
local function new_topic(event, c, td)
    if redis.call('HEXISTS', p .. 'topic:' .. td, 't') == 1 then
        return nil
    end
    local level = string.match(c, ':([^!]+)') or 0
    local topic = level == '*' and level or event_topic(event) or
        redis.call('HGET', p .. 'kept:' .. event, 't')
    for _ = 1, topic and tonumber(level) or 0 do
        topic = string.gsub(topic, '%.[^.]*$', '')
    end
    return topic or nil
end
