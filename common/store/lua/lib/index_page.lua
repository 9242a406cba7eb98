-- index_page.lua - a topic's CDs, page by page.
--
-- uses: shard, index

local function bound_after(td, bound)
    return redis.call('ZRANGEBYLEX', p .. 'bounds:' .. td,
        bound and '(' .. bound or '-', '+', 'LIMIT', 0, 1)[1]
end

-- The next `count` CDs of a topic after `cd`, nil for the first ones.
local function index_page(td, cd, count)
    local bound = cd and bound_of(td, cd)
    local after = cd and '(' .. cd or '-'
    local cds = redis.call('ZRANGEBYLEX', leaf_key(td, bound), after, '+',
        'LIMIT', 0, count)
    while #cds < count do
        bound = bound_after(td, bound)
        if not bound then
            break
        end
        for _, found in ipairs(redis.call('ZRANGE', leaf_key(td, bound), 0,
            count - #cds - 1)) do
            cds[#cds + 1] = found
        end
    end
    return cds
end

