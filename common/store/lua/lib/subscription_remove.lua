-- subscription_remove.lua - a subscription, or a replica of one, is removed.
--
-- uses: shard, index_remove, topic, host, quota_count

-- Removes it and all that is kept for it; returns whether it was there.
local function remove_subscription(td, cd)
    local key = td .. ':' .. cd
    local record, topic = unpack(
        redis.call('HMGET', p .. 'sub:' .. td, cd, 't'))
    redis.call('HDEL', p .. 'sub:' .. td, cd)
    if redis.call('HLEN', p .. 'sub:' .. td) == 1 then
        redis.call('HDEL', p .. 'sub:' .. td, 't')
    end
    redis.call('DEL', p .. 'missed:' .. key, p .. 'failing:' .. key)
    index_remove(td, cd)
    redis.call('HDEL', p .. 'cursor:' .. td, cd)
    redis.call('ZREM', p .. 'suspended', key)
    redis.call('ZREM', p .. 'paused', key)
    redis.call('HDEL', p .. 'attempts:' .. td, cd)
    topic_lapses(td)
    if record then -- of whatever version
        local callback = string.match(record, '^%S+ %S+ %S+ %S+ %S+ (%S+)')
        count_subscription(td, topic, host_id(callback or ''), '-1')
    end
    return record and true or false
end

