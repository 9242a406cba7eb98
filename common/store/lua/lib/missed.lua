-- missed.lua - events that became missed as jobs.

-- A stream id as a member of `missed:TD:CD`, so that the order of bytes is
-- that of ids.
local function missed_member(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    return string.rep('0', 15 - #ms) .. ms .. '-' ..
        string.rep('0', 20 - #seq) .. seq
end

