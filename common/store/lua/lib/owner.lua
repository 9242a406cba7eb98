-- owner.lua - who owns the shard (or, in the cluster's slot, is the
-- coordinator).
--
-- `owner` is a hash: `name` and `incarnation` of the process, `epoch` of its
-- ownership, `until` in ms by Redis' clock.  Ownership that was ended has an
-- `until` of 0; the epoch stays, so that the next one is higher.
--
-- uses: shard, time

-- A lease that lasts longer than the longest setting was given by a clock that
-- went wrong.
local LEASE_MAX_MS = 60000

-- Whether a lease until `ends` is valid at `now`.
local function is_valid(ends, now)
    ends = tonumber(ends or 0)
    return now < ends and ends <= now + LEASE_MAX_MS
end

local function owns(epoch)
    local row = redis.call('HMGET', p .. 'owner', 'epoch', 'until')
    return row[1] == epoch and is_valid(row[2], now_ms())
end

