-- pull_cursors.lua - reads the cursors of a pull subscription.
--
-- They are text, "N-MS-SEQ N-MS-SEQ", in the order of the shards.  MS and SEQ have
-- 64 bits, which Lua's numbers can't hold: they stay text (ids.lua).

local U64_MAX = '18446744073709551615'

local function is_u64(text)
    return (text == '0' or string.find(text, '^[1-9]%d*$')) and
        (#text < #U64_MAX or #text == #U64_MAX and text <= U64_MAX)
end

-- `shards` has the numbers of the shards in their order, as text, `at` the id
-- of each.  nil when `text` can't be read, or has a shard not below `limit`.
local function read_cursors(text, limit)
    local cursors, last = { shards = {}, at = {} }, -1
    for word in string.gmatch(text, '%S+') do
        local shard, ms, seq = string.match(word, '^(%d+)%-(%d+)%-(%d+)$')
        local number = tonumber(shard or -1)
        if number <= last or number >= limit or not is_u64(shard) or
            not is_u64(ms) or not is_u64(seq) then
            return nil
        end
        table.insert(cursors.shards, shard)
        cursors.at[shard] = ms .. '-' .. seq
        last = number
    end
    return cursors
end

