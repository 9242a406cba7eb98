-- index_remove.lua - a CD leaves its topic's index.
--
-- uses: shard, index

local function index_remove(td, cd)
    local bound = bound_of(td, cd)
    local key = leaf_key(td, bound)
    redis.call('ZREM', key, cd)
    if redis.call('EXISTS', key) == 1 then
        return
    end
    redis.call('ZREM', p .. 'lease', leaf_name(td, bound))
    if bound then
        redis.call('ZREM', p .. 'bounds:' .. td, bound)
    end
end

