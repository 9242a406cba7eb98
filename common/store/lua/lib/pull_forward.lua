-- pull_forward.lua - moves the cursors of a pull subscription
-- (pull_cursors.lua).
--
-- uses: ids

-- Moves each cursor on to where it is in `others`; none goes back, and shards
-- that it has not are left out.
local function move_forward(cursors, others)
    for _, shard in ipairs(cursors.shards) do
        local other = others.at[shard]
        if other and id_before(cursors.at[shard], other) then
            cursors.at[shard] = other
        end
    end
end

