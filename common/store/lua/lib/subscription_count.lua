-- subscription_count.lua - how many active subscriptions a topic has.
--
-- uses: shard

-- The topic's text stands beside them.
local function count_of_topic(td)
    local fields = redis.call('HLEN', p .. 'sub:' .. td)
    return fields > 0 and
        fields - redis.call('HEXISTS', p .. 'sub:' .. td, 't') or 0
end
