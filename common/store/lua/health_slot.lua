-- health_slot.lua - the health monitor looks at who works on a shard.
--
-- ARGV  1 lane and 2 consumer to remove if it holds nothing, "" for none
-- Returns {1 when somebody owns it, 1 when there is work for the owner, 1 when
--          there is some for deliver, of each consumer of the lanes: lane and
--          name}.
--
-- Atomic: all of it is of one moment; a consumer that holds nothing is removed.
--
-- Repeated: there is no such consumer.
--
-- uses: shard, time, ids, lease, position_get, lane_group

local function exists(name)
    return redis.call('EXISTS', p .. name) == 1
end

local function has_owner()
    return is_valid(redis.call('HGET', p .. 'owner', 'until'), now_ms())
end

local function has_unbegun()
    local newest = redis.call('XREVRANGE', p .. 'log', '+', '-', 'COUNT', 1)[1]
    return newest and id_before((get_position()), newest[1])
end

local function has_owners_work()
    for _, name in ipairs({ 'fanout', 'retry', 'fetch', 'validations',
                            'fetching' }) do
        if exists(name) then
            return true
        end
    end
    return redis.call('XLEN', p .. 'pings') > 0 or has_unbegun()
end

-- Pending entries, or some that nobody has read.
local function has_entries(lane)
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', p .. lane)) do
        if group[2] == 'deliver' then
            return group[6] > 0 or #redis.call('XRANGE', p .. lane,
                '(' .. group[8], '+', 'COUNT', 1) > 0
        end
    end
    return redis.call('XLEN', p .. lane) > 0
end

local found = { has_owner() and 1 or 0, has_owners_work() and 1 or 0, 0 }

local function look_at(lane)
    if has_entries(lane) then
        found[3] = 1
    end
    if not has_group(lane) then
        return
    end
    for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', p .. lane,
        'deliver')) do
        if lane == ARGV[1] and row[2] == ARGV[2] and row[4] == 0 then
            redis.call('XGROUP', 'DELCONSUMER', p .. lane, 'deliver', row[2])
        else
            found[#found + 1] = lane
            found[#found + 1] = row[2]
        end
    end
end

for _, lane in ipairs({ 'outbox', 'bulk', 'verify' }) do
    if exists(lane) then
        look_at(lane)
    end
end
return found
