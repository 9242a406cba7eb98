-- cluster_event.lua - what happens in the cluster, or to subscriptions.
--
-- uses: shard

-- Appends an event to `stream`, which keeps about `cap` of them.  After the
-- kind come its fields, names and values: `n` instance, `i` its incarnation,
-- `r` its role, `s` shard, `e` epoch, `w` a few words.
local function tell_event(stream, cap, kind, ...)
    redis.call('XADD', p .. stream, 'MAXLEN', '~', cap, '*', 'v', '1',
        'k', kind, ...)
end

