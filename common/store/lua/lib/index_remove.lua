-- index_remove.lua - a subscription leaves the index.
--
-- uses: shard, index

local function index_remove(td, cd)
    local member = td .. ':' .. cd
    local bound = bound_of(member)
    redis.call('ZREM', leaf_key(bound), member)
    if redis.call('EXISTS', leaf_key(bound)) == 0 then
        redis.call('ZREM', p .. 'lease', bound)
        redis.call('ZREM', p .. 'bounds', bound)
    end
end

