-- pending.lua - entries of lanes that a process holds.
--
-- uses: shard

-- Whether an entry of a lane is still somebody's to settle.
local function is_pending(lane, entry)
    local held = redis.pcall('XPENDING', p .. lane, 'deliver', entry, entry, 1)
    return not held.err and #held > 0
end

