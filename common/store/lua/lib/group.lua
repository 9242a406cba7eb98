-- group.lua - topic groups, as the cluster's slot has them.
--
-- A record is JSON that begins with its versions, id and prefix and ends with its
-- sites, if it names some; neither id nor prefix has a byte that JSON escapes.
-- `group_revisions` has the ids by the revision of their last change;
-- `group_state` the last revision `n`, when revisions began (`born`, ms) and how
-- many groups are `live`; `group_prefixes` whose a prefix is: `live ID`, or
-- `gone ID` for ever.
--
-- uses: shard, numbers, time, cluster_event

-- What a record says, nil for what is none: version, id, prefix, the sites as
-- text or nil, whether it is a tombstone.
local function group_parse(record)
    local version, id, prefix, rest = string.match(record or '',
        '^{"v":1,"version":(%d+),"id":"([^"]+)","prefix":"([^"]+)"(.*})$')
    if not version then
        return nil
    end
    return { version = tonumber(version), id = id, prefix = prefix,
             sites = string.match(rest, ',"sites":(%b[])}$'),
             deleted = string.find(rest, ',"deleted":true', 1, true) == 1 }
end

local function group_get(id)
    return group_parse(redis.call('HGET', p .. 'groups', id))
end

-- Stores a record in place of `old` (nil: there was none), under the next
-- revision, and tells so; returns the revision.
local function group_set(stream, cap, old, record)
    local new = group_parse(record)
    local was = old and not old.deleted and 1 or 0
    local is = not new.deleted and 1 or 0
    redis.call('HSET', p .. 'groups', new.id, record)
    redis.call('HSETNX', p .. 'group_state', 'born', digits(now_ms()))
    local revision = redis.call('HINCRBY', p .. 'group_state', 'n', 1)
    redis.call('HINCRBY', p .. 'group_state', 'live', is - was)
    redis.call('ZADD', p .. 'group_revisions', digits(revision), new.id)
    redis.call('HSET', p .. 'group_prefixes', new.prefix,
        (new.deleted and 'gone ' or 'live ') .. new.id)
    tell_event(stream, cap, 'config_changed', 'g', new.id, 'gv',
        digits(new.version))
    return revision
end

