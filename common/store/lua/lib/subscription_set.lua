-- subscription_set.lua - writes an active subscription that is there.
--
-- uses: shard, subscription_text

local function set_sub(td, cd, sub)
    redis.call('HSET', p .. 'sub:' .. td, cd, subscription_text(sub))
end
