-- subscription_remove.lua - a subscription, or a replica of one, is removed.
--
-- uses: shard, index_remove, topic

-- Removes it and all that is kept for it; returns whether it was there.
local function remove_subscription(td, cd)
    local key = td .. ':' .. cd
    local was_there = redis.call('HDEL', p .. 'sub:' .. td, cd) == 1
    redis.call('DEL', p .. 'missed:' .. key, p .. 'failing:' .. key)
    index_remove(td, cd)
    redis.call('HDEL', p .. 'cursor:' .. td, cd)
    redis.call('ZREM', p .. 'suspended', key)
    redis.call('HDEL', p .. 'attempts:' .. td, cd)
    topic_lapses(td)
    return was_there
end

