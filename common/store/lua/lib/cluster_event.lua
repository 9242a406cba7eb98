-- cluster_event.lua - tells the cluster what has happened.
--
-- uses: shard

-- Appends to the stream of cluster events, which keeps about `cap`: a kind, and
-- what it is about (docs/PROTOCOL.md) as names and values.
local function tell_event(stream, cap, kind, ...)
    redis.call('XADD', p .. stream, 'MAXLEN', '~', cap, '*', 'v', 1, 'k', kind,
        ...)
end

