-- lane_group.lua - the consumer group of a lane.
--
-- uses: shard

-- Whether the group that reads the lanes is there.
local function has_group(lane)
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', p .. lane)) do
        if group[2] == 'deliver' then
            return true
        end
    end
    return false
end
