-- health_look.lua - looks at one key, and finds what looks at its members.
--
-- uses: time, health_shard, health_cluster

local kinds -- of the slot

-- `events` is the stream of cluster events where the slot is the cluster's, "" in
-- a shard; then the limits, see health_keys.lua.
local function begin_look(events, suspended_ms, heartbeat_ms, shards)
    limits.now_ms = now_ms()
    limits.suspended_ms = tonumber(suspended_ms)
    limits.heartbeat_ms = tonumber(heartbeat_ms)
    limits.shards = tonumber(shards)
    if events == '' then
        kinds = shard_kinds()
    else
        kinds = cluster_kinds()
        kinds[events] = { type = 'stream' }
    end
end

local function kind_of(name)
    local kind, suffix = string.match(name, '^([%w_]+):?(.*)$')
    return kinds[name] or kinds[kind], suffix
end

-- Looks at a key as a whole; `held` is its type.
local function look_at_key(name, held)
    local kind, suffix = kind_of(name)
    if not kind then
        return 'orphaned', 'unknown', 'nobody here knows this key'
    elseif kind.type and kind.type ~= held then
        return 'corrupt', 'move', 'it is a ' .. held
    elseif kind.key then
        return kind.key(name, suffix)
    end
end
