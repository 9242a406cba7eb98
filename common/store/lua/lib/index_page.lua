-- index_page.lua - a topic's CDs, page by page.
--
-- uses: shard, index

-- The next `count` CDs of a topic after `cd`, "" for the first ones.  ';' comes
-- right after ':', so `TD;` is the end of what begins with `TD:`.
local function index_page(td, cd, count)
    local prefix, over = td .. ':', '(' .. td .. ';'
    local last = bound_of(td .. ';')
    local bound = string.sub(last, 1, #prefix) == prefix and
        bound_of(prefix .. cd) or last
    local from, cds = '(' .. prefix .. cd, {}
    while true do
        local members = redis.call('ZRANGEBYLEX', leaf_key(bound), from, over,
            'LIMIT', 0, count - #cds)
        local sub, first, before = string.sub, #prefix + 1, #cds
        for i = 1, #members do -- a million a second
            cds[before + i] = sub(members[i], first)
        end
        if #cds == count or bound == last then
            return cds
        end
        bound = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound, '+',
            'LIMIT', 0, 1)[1]
    end
end

