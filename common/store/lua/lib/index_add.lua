-- index_add.lua - a subscription enters the index.
--
-- uses: shard, numbers, order, index, time, wake

local LEAF_MAX = 128

-- Moves the upper half of a leaf to one of its own; returns its bound.
local function divide_leaf(bound)
    local key, from = leaf_key(bound), LEAF_MAX / 2
    local upper = redis.call('ZRANGE', key, from, -1)
    redis.call('ZREMRANGEBYRANK', key, from, -1)
    redis.call('DEL', leaf_key(upper[1])) -- left behind by lost bounds
    for _, member in ipairs(upper) do
        redis.call('ZADD', leaf_key(upper[1]), 0, member)
    end
    redis.call('ZADD', p .. 'bounds', 0, upper[1])
    redis.call('ZADD', p .. 'lease',
        redis.call('ZSCORE', p .. 'lease', bound) or 0, upper[1])
    return upper[1]
end

-- The owner looks at a shard so often (spreader/sweep.c): of a lease that ends
-- before that it is told.
local LOOKED_EACH_S = 5

-- Adds a subscription, if it is not there, whose lease ends at `expires`.
local function index_add(td, cd, expires)
    local member = td .. ':' .. cd
    local bound = bound_of(member)
    local key = leaf_key(bound)
    if redis.call('ZCARD', key) >= LEAF_MAX and
        not redis.call('ZSCORE', key, member) then
        local upper = divide_leaf(bound)
        if not text_before(member, upper) then
            bound = upper
        end
    end
    redis.call('ZADD', leaf_key(bound), 0, member)
    redis.call('ZADD', p .. 'lease', 'LT', digits(expires), bound)
    if expires * 1000 - now_ms() <= LOOKED_EACH_S * 1000 then
        wake_owner()
    end
end

