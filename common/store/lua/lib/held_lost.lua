-- held_lost.lua - held entries that nobody comes back for.
--
-- uses: shard

local HELD_AT_ONCE = 20 -- each may be an event of a MiB

-- Looks at a few entries of `held` from `start` on ("-" for the first ones).
-- Returns the members of `retry` that are missing, and where to go on, nil at the
-- end.
local function lost_held(start)
    local entries = redis.call('XRANGE', p .. 'held', start, '+', 'COUNT',
        HELD_AT_ONCE)
    local lost = {}
    for _, entry in ipairs(entries) do
        local member = 'u ' .. entry[1]
        if not redis.call('ZSCORE', p .. 'retry', member) then
            lost[#lost + 1] = member
        end
    end
    local is_more = #entries == HELD_AT_ONCE
    return lost, is_more and '(' .. entries[#entries][1] or nil
end
