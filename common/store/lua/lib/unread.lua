-- unread.lua - how much of a lane nobody has read.
--
-- uses: shard

-- Entries that the group has not read; all of them where Redis has lost count.
-- It is never more than there are: what was read between a rewrite of the
-- append-only file and a restart Redis counts as unread for ever.
local function count_unread(lane)
    local unread = redis.call('XLEN', p .. lane)
    for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', p .. lane)) do
        if group[2] == 'deliver' and group[12] then
            unread = math.min(group[12], unread)
        end
    end
    return unread
end
