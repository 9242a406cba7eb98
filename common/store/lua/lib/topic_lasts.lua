-- topic_lasts.lua - what is known of a topic lasts while it has subscriptions.
--
-- uses: shard

-- It would have lapsed: nobody subscribed to it.  Unless somebody pulls it nobody
-- has any content of it (topic.lua).
local function topic_lasts(td, topic)
    -- uses: pulled

    if redis.call('PERSIST', p .. 'topic:' .. td) == 1 and
        pulled_left(topic) == 0 then
        redis.call('HDEL', p .. 'topic:' .. td, 'have')
    end
end
