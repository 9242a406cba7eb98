-- subscription_end.lua - the end of a subscription.
--
-- uses: shard, index_remove, topic

-- Removes a subscription and all that is kept for it.
local function end_subscription(td, cd)
    local key = td .. ':' .. cd
    redis.call('HDEL', p .. 'sub:' .. td, cd)
    redis.call('DEL', p .. 'missed:' .. key, p .. 'failing:' .. key)
    index_remove(td, cd)
    redis.call('HDEL', p .. 'cursor:' .. td, cd)
    redis.call('ZREM', p .. 'suspended', key)
    redis.call('HDEL', p .. 'attempts:' .. td, cd)
    topic_lapses(td)
end

