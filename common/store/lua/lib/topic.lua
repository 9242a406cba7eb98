-- topic.lua - what is known of a topic.
--
-- uses: shard

-- What is known of a topic lapses when nobody subscribes to it, so that
-- strangers can't fill Redis by going from topic to topic.  A subscription that
-- is activated makes it last (activation.lua).
local TOPIC_LASTS_S = 86400

local function topic_lapses(td)
    if redis.call('EXISTS', p .. 'sub:' .. td) == 0 then
        redis.call('EXPIRE', p .. 'topic:' .. td, TOPIC_LASTS_S)
    end
end

