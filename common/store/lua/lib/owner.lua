-- owner.lua - who owns the shard (or, in the cluster's slot, is the
-- coordinator).
--
-- `owner` is a hash: `name` and `incarnation` of the process, `epoch` of its
-- ownership, `until` in ms by Redis' clock.  Ownership that was ended has an
-- `until` of 0; the epoch stays, so that the next one is higher.
--
-- uses: shard, time, lease

local function owns(epoch)
    local row = redis.call('HMGET', p .. 'owner', 'epoch', 'until')
    return row[1] == epoch and is_valid(row[2], now_ms())
end

