-- reshard_shards.lua - how many shards there are, as far as an order tells that is
-- over.

-- Whether a caller is right that there are `known`.
local function are_shards(known, state, from, to)
    return state == 'done' and to == known or state == 'failed' and
        from == known or state ~= 'done' and state ~= 'failed'
end
