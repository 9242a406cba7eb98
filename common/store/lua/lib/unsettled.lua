-- unsettled.lua - how far a stream is settled.
--
-- uses: id_after

-- The first id that group `name` of stream `key` has not settled: the oldest
-- pending one, else the one after the last that was read.  nil without group.
local function first_unsettled(key, name)
    local pending = redis.pcall('XPENDING', key, name)
    if pending.err then
        return nil
    end
    if pending[1] > 0 then
        return pending[2]
    end
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
        if group[2] == name then
            return id_after(group[8])
        end
    end
    return nil
end

