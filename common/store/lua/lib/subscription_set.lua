-- subscription_set.lua - writes active subscriptions.
--
-- uses: shard, numbers

local function set_sub(td, cd, sub)
    redis.call('HSET', p .. 'sub:' .. td, cd, table.concat({ 1,
        digits(sub.expires), digits(sub.lease), digits(sub.generation),
        sub.flags .. sub.choices, sub.callback, sub.secret }, ' '))
end

