-- index_after.lua - the index of a shard, member by member.
--
-- uses: shard, index

-- The first `count` members after `member` ("" for the first ones) that come
-- before `over`, or all that follow without it.
local function index_after(member, count, over)
    local last = over and '(' .. over or '+'
    local bound = bound_of(member)
    local from, found = member == '' and '-' or '(' .. member, {}
    while bound and #found < count do
        for _, one in ipairs(redis.call('ZRANGEBYLEX', leaf_key(bound), from,
            last, 'LIMIT', 0, count - #found)) do
            found[#found + 1] = one
        end
        bound = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound, last,
            'LIMIT', 0, 1)[1]
    end
    return found
end
