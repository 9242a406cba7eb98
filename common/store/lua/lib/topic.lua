-- topic.lua - what is known of a topic.
--
-- uses: shard

-- When nobody wants it any more, nobody has any content of it: who does next gets
-- the next that is fetched, whatever it is.  What else is known of it lapses
-- then, so that strangers can't fill Redis by going from topic to topic.  A
-- subscription that is activated makes it last (topic_lasts.lua), and so does who
-- pulls it, for as long as that (pull_want.lua).
local function topic_lapses(td)
    if redis.call('EXISTS', p .. 'sub:' .. td) == 1 then
        return
    end
    -- uses: numbers, pulled, topic_time

    local key = p .. 'topic:' .. td
    local topic = redis.call('HGET', key, 't')
    local left = topic and pulled_left(topic) or 0
    if redis.call('PEXPIRE', key, digits(left + TOPIC_LASTS_MS)) == 1 and
        left == 0 then
        redis.call('HDEL', key, 'have')
    end
end
