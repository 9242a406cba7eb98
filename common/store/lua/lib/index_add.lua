-- index_add.lua - a CD enters its topic's index.
--
-- uses: shard, numbers, order, index

local LEAF_MAX = 128

-- Moves the upper half of a leaf to one of its own; returns its bound.
local function divide_leaf(td, bound)
    local key, from = leaf_key(td, bound), LEAF_MAX / 2
    local upper = redis.call('ZRANGE', key, from, -1)
    redis.call('ZREMRANGEBYRANK', key, from, -1)
    for _, cd in ipairs(upper) do
        redis.call('ZADD', leaf_key(td, upper[1]), 0, cd)
    end
    redis.call('ZADD', p .. 'bounds:' .. td, 0, upper[1])
    local due = redis.call('ZSCORE', p .. 'lease', leaf_name(td, bound))
    redis.call('ZADD', p .. 'lease', due or 0, leaf_name(td, upper[1]))
    return upper[1]
end

-- Adds a CD, if it is not there, whose lease ends at `expires`.
local function index_add(td, cd, expires)
    local bound = bound_of(td, cd)
    local key = leaf_key(td, bound)
    if redis.call('ZCARD', key) >= LEAF_MAX and
        not redis.call('ZSCORE', key, cd) then
        local upper = divide_leaf(td, bound)
        if not text_before(cd, upper) then
            bound = upper
        end
    end
    redis.call('ZADD', leaf_key(td, bound), 0, cd)
    redis.call('ZADD', p .. 'lease', 'LT', digits(expires),
        leaf_name(td, bound))
end

