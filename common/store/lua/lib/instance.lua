-- instance.lua - the records of processes, and their heartbeats.
--
-- A record is JSON that begins with its version and the incarnation.  The
-- heartbeats are sorted sets, one a role, by Redis' time in ms.
--
-- uses: shard

-- The incarnation that a record names, nil when there is none, or one that
-- can't be read.
local function incarnation_of(name)
    local record = redis.call('HGET', p .. 'instances', name)
    return record and tonumber(string.match(record, '"incarnation":%s*(%d+)'))
end

