-- pull_cursors_text.lua - writes the cursors of a pull subscription
-- (pull_cursors.lua).

local function cursors_text(cursors)
    local words = {}
    for _, shard in ipairs(cursors.shards) do
        table.insert(words, shard .. '-' .. cursors.at[shard])
    end
    return table.concat(words, ' ')
end

