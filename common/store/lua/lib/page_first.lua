-- page_first.lua - first pages of events, most of which have few subscriptions.
--
-- uses: shard, page

-- Most often nobody is in cursor mode: one look at all levels finds that.
local function count_cursors(tds)
    local keys = {}
    for i, td in ipairs(tds) do
        keys[i] = p .. 'cursor:' .. td
    end
    if redis.call('EXISTS', unpack(keys)) == 0 then
        for _, td in ipairs(tds) do
            cursor_counts[td] = 0
        end
    end
end

-- The first of a topic's fields that is a CD, and the next one.
local function first_two(fields)
    local cds = {}
    for _, field in ipairs(fields) do
        if field ~= 't' then
            cds[#cds + 1] = field
        end
    end
    return cds[1], cds[2]
end

-- As page_targets(), for the first page.  A topic of one subscription needs no
-- index.
local function first_targets(event, tds, size, indexed)
    if #tds == 1 and not has_cursors(tds[1]) then
        local cd, other = first_two(redis.call('HRANDFIELD',
            p .. 'sub:' .. tds[1], 3))
        if cd and not other then
            return { cd }, 1, cd
        end
    end
    return page_targets(event, tds, '', size, indexed)
end

