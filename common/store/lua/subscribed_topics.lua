-- subscribed_topics.lua - a page of the topics that have subscriptions.
--
-- ARGV  1 TD to begin after, "" for the first page, 2 most topics
-- Returns {TD of the last topic, "" when this was the last page; then the text of
-- each topic, "" where it is not known}.
--
-- Atomic: the page is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, index_after

local td, most = ARGV[1], tonumber(ARGV[2])

-- The TD of the first subscription after all those of `td`, or nil.
local function next_td()
    local member = index_after(td == '' and '' or td .. ';', 1)[1]
    return member and string.match(member, '^[^:]*')
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
