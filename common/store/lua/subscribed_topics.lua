-- subscribed_topics.lua - a page of the topics that have subscriptions.
--
-- ARGV  1 TD to begin after, "" for the first page, 2 most topics
-- Returns {TD of the last topic, "" when this was the last page; then the text of
-- each topic, "" where it is not known}.
--
-- Atomic: the page is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, index

local td, most = ARGV[1], tonumber(ARGV[2])

-- The TD of the first subscription after all those of `td`, or nil.
local function next_td()
    local from = td == '' and '-' or '(' .. td .. ';'
    local bound = td == '' and '' or bound_of(td .. ';')
    while bound do
        local member = redis.call('ZRANGEBYLEX', leaf_key(bound), from, '+',
            'LIMIT', 0, 1)[1]
        if member then
            return string.match(member, '^[^:]*')
        end
        bound = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound, '+',
            'LIMIT', 0, 1)[1]
    end
end

local result = { '' }
while #result <= most do
    local found = next_td()
    if not found then
        return result
    end
    td = found
    result[#result + 1] = redis.call('HGET', p .. 'sub:' .. td, 't') or ''
end
result[1] = td
return result
