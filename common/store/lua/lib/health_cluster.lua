-- health_cluster.lua - what accounts for each key of the cluster's slot, as
-- health_shard.lua has it for those of a shard.
--
-- uses: shard, instance, heartbeat, health_shard

local DEAD_TIMES = 3 -- of the time after which a reaper begins

-- The last heartbeat under a name; nil without any.
local function heartbeat_of(name)
    for _, role in ipairs({ 'hub', 'spreader', 'deliver' }) do
        local beat = redis.call('ZSCORE', p .. 'heartbeats:' .. role, name)
        if beat then
            return tonumber(beat)
        end
    end
end

local function look_at_instance(_, name)
    local incarnation, beat = incarnation_of(name), heartbeat_of(name)
    if beat then
        return nil -- the reaper's
    elseif not incarnation then
        return 'corrupt', 'drop-member', 'its record can not be read'
    end
    return 'stale', 'reap', 'a process that nobody watches'
end

local function look_at_heartbeat(_, name, beat)
    if is_missing(tonumber(beat), limits.now_ms,
        DEAD_TIMES * limits.heartbeat_ms) then
        return 'stale', 'none', 'a dead process that nobody removes'
    end
end

local function look_at_removing(_, victim, lock)
    local ends = string.match(lock, '^%S+ %S+ (%d+)$')
    if not ends or not string.find(victim, ':%d+$') then
        return 'corrupt', 'drop-member', 'it can not be read'
    elseif tonumber(ends) < limits.now_ms - DEAD_TIMES * limits.heartbeat_ms then
        return 'stale', 'none', 'a dead process that nobody removes'
    end
end

local function look_at_restart(_, name)
    if redis.call('HEXISTS', p .. 'instances', name) == 0 then
        return 'orphaned', 'drop-member', 'there is no such process'
    end
end

local function look_at_hint(_, number, hint)
    if not is_number(number) or tonumber(number) >= limits.shards then
        return 'orphaned', 'drop-member', 'there is no such shard'
    elseif not string.find(hint, '^%S+ %d+ %d+$') then
        return 'corrupt', 'drop-member', 'it can not be read'
    end
end

local function cluster_kinds()
    return {
        instances = { type = 'hash', member = look_at_instance },
        heartbeats = { type = 'zset', member = look_at_heartbeat },
        removing = { type = 'hash', member = look_at_removing },
        removed = { type = 'hash' },
        restarts = { type = 'hash', member = look_at_restart },
        shards = { type = 'hash', member = look_at_hint },
        positions = { type = 'hash' },
        owner = { type = 'hash' },
        alerts = { type = 'hash' }, alerts_sent = { type = 'hash' },
        conditions = { type = 'hash' }, notices = { type = 'stream' },
        audit = { type = 'stream' },
        canary = { type = 'string' },
        damaged = { key = look_at_damaged },
        groups = {}, sites = {},
        group_revisions = { type = 'zset' }, group_prefixes = { type = 'hash' },
        group_state = { type = 'hash' },
        host_orders = { type = 'hash' }, host_report = { type = 'string' },
        reshard = { type = 'hash' }, sums = { type = 'hash' },
        health = { type = 'string' },
        health_state = { type = 'hash' },
        health_attempts = { type = 'hash' },
        health_items = { type = 'list' },
    }
end

