-- subscribed.lua - whether there is an active subscription.
--
-- uses: shard

local function is_subscribed(td, cd)
    return redis.call('HEXISTS', p .. 'sub:' .. td, cd) == 1
end

