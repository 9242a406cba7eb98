-- subscribed_topics.lua - a page of the topics that have subscriptions.
--
-- ARGV  1 TD to begin after, "" for the first page, 2 most topics, 3 what they begin
--       with, "" for all, 4 TD that is left out, or ""
-- Returns {TD of the last topic that was looked at, "" when this was the last page;
-- then the text of each topic, "" where it is not known, and how many
-- subscriptions it has}.
--
-- A page may have fewer topics than there are: a call looks at some hundred.
--
-- Atomic: the page is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, index_after, subscription_count

local td, most = ARGV[1], tonumber(ARGV[2])
local prefix, other_than = ARGV[3], ARGV[4]
local LOOKED_MAX = 500

-- The TD of the first subscription after all those of `td`, or nil.
local function next_td()
    local member = index_after(td == '' and '' or td .. ';', 1)[1]
    return member and string.match(member, '^[^:]*')
end

local topics, looked = { '' }, 0
while #topics < 2 * most and looked < LOOKED_MAX do
    local found = next_td()
    if not found then
        return topics
    end
    td, looked = found, looked + 1
    local text = redis.call('HGET', p .. 'sub:' .. td, 't') or ''
    if td ~= other_than and string.sub(text, 1, #prefix) == prefix then
        topics[#topics + 1] = text
        topics[#topics + 1] = count_of_topic(td)
    end
end
topics[1] = td
return topics
