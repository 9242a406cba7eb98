-- health_shard.lua - what accounts for each key of a shard, and for each of its
-- members.
--
-- A kind is what a key's name begins with.  `type` is what Redis calls it; `key`
-- looks at the whole, `member` at one field or member, with its value or score.
-- Both return nil where all is well, or an issue (stale, orphaned, missing,
-- corrupt), the action that mends it (health_actions.lua), and why.
--
-- Each looks at what is true in this step, so a repair that looks again is right
-- whoever makes it.  What the programs take away by themselves within a moment
-- (what is due, what has lapsed just now) is no issue; the monitor looks at an
-- issue twice anyway.
--
-- uses: shard, index, cursor_get, cursor_parse, health_streams
-- uses: lane_group, paused, held_lost

local LATE_MS = 60000 -- a sweep that is later than this has lost it

-- Set by begin_look() (health_look.lua).
local limits = {}

local function is_id(text)
    return string.find(text or '', '^%d+%-%d+$') ~= nil
end

local function is_number(text)
    return string.find(text or '', '^%d+$') ~= nil
end

-- TD and CD of `TD:CD`.
local function parts_of(key)
    return string.match(key, '^([^:]+):([^:]+)$')
end

local function has_sub(td, cd)
    return td and redis.call('HEXISTS', p .. 'sub:' .. td, cd) == 1
end

local function has_request(q, generation)
    return redis.call('HGET', p .. 'request:' .. q, 'g') == generation
end

local function lasts(name)
    return redis.call('PTTL', p .. name) == -1
end

local function never_ends(name)
    if lasts(name) then
        return 'corrupt', 'expire', 'it would never end'
    end
end

-- The leaf of a subscription, and whether that has it.
local function leaf_of(td, cd)
    local member = td .. ':' .. cd
    local bound = bound_of(member)
    return bound, redis.call('ZSCORE', leaf_key(bound), member) ~= false
end

local function look_at_lane(name)
    if redis.call('XLEN', p .. name) > 0 and not has_group(name) then
        return 'missing', 'groups', 'its consumer group is lost'
    end
end

-- What lib/record.lua can read; all but the end of the lease is passed over, as
-- there may be a million of them.
local READABLE = '^1 (%d+) %d+ %d+ [-fco]%w* %S+ .'

-- A record that begins with another version is a later program's.
local function look_at_record(td, cd, record)
    if cd == 't' then
        return nil
    end
    local expires = string.match(record, READABLE)
    if not expires and not string.find(record, '^[2-9]%d* ') and
        not string.find(record, '^1%d+ ') then
        return 'corrupt', 'end-subscription', 'its record can not be read'
    end
    local bound, is_indexed = leaf_of(td, cd)
    if not is_indexed then
        return 'corrupt', 'index', 'a record without index'
    elseif expires and expires * 1000 < limits.now_ms - LATE_MS then
        local due = redis.call('ZSCORE', p .. 'lease', bound)
        if not due or tonumber(due) * 1000 > limits.now_ms then
            return 'stale', 'look-at-lease', 'its lease is over'
        end
    end
end

local misplaced = {} -- leaves with members that belong to others

-- A leaf is sorted: its members are in place where the first and the last are.
local function find_misplaced(name, bound)
    for _, at in ipairs({ 0, -1 }) do
        local member = redis.call('ZRANGE', p .. name, at, at)[1]
        if member and bound_of(member) ~= bound then
            misplaced[bound] = true
        end
    end
end

local function look_at_leaf(name, bound)
    find_misplaced(name, bound)
    if bound ~= '' and not redis.call('ZSCORE', p .. 'bounds', bound) then
        return 'corrupt', 'index-leaf', 'a leaf that the index has lost'
    elseif not redis.call('ZSCORE', p .. 'lease', bound) then
        return 'corrupt', 'look-at-lease', 'nobody looks at its leases'
    end
end

local function look_at_indexed(bound, member)
    local td, cd = parts_of(member)
    if not td then
        return 'corrupt', 'drop-member', 'it names no subscription'
    elseif misplaced[bound] and bound_of(member) ~= bound then
        return 'corrupt', 'index', 'it is in a leaf where nobody looks'
    elseif not has_sub(td, cd) then
        return 'corrupt', 'end-subscription', 'an index without record'
    end
end

local function look_at_bound(_, bound)
    if redis.call('EXISTS', leaf_key(bound)) == 0 then
        return 'orphaned', 'drop-member', 'there is no such leaf'
    end
end

local function look_at_cursor(td, cd, text)
    if not has_sub(td, cd) then
        return 'orphaned', 'end-cursor', 'there is no such subscription'
    end
    local cursor = parse_cursor(text)
    if not cursor then
        return 'corrupt', 'restore-cursor', 'it can not be read'
    elseif cursor.mode == 'paused' and not is_paused(td, cd) then
        return 'corrupt', 'restore-cursor', 'nobody has paused it'
    end
end

local function look_at_paused(_, key)
    local td, cd = parts_of(key)
    if not has_sub(td, cd) then
        return 'orphaned', 'drop-member', 'there is no such subscription'
    end
    local cursor = get_cursor(td, cd)
    if not cursor then
        return 'corrupt', 'restore-cursor', 'a paused one without cursor'
    elseif cursor.mode ~= 'paused' then
        return 'orphaned', 'drop-member', 'it is not paused'
    end
end

local function look_at_missed(name, key)
    local td, cd = parts_of(key)
    if not has_sub(td, cd) then
        return 'orphaned', 'drop', 'there is no such subscription'
    end
    local cursor = get_cursor(td, cd)
    if not cursor then
        return 'corrupt', 'restore-cursor', 'no cursor comes to them'
    elseif cursor.mode == 'idle' then
        return 'corrupt', 'restore-cursor', 'no cursor job comes to them'
    end
end

local function look_at_failing(name, key)
    if not has_sub(parts_of(key)) then
        return 'orphaned', 'drop', 'there is no such subscription'
    end
end

-- A job that was promoted is on its way, and noted here until it is settled: it
-- holds a reference to its event.
local function look_at_failure(_, event, member)
    if not redis.call('ZSCORE', p .. 'retry', member) and
        redis.call('HEXISTS', p .. 'refs', event) == 0 then
        return 'orphaned', 'drop-member', 'no such job waits'
    end
end

local function look_at_suspended(_, key, since)
    local td, cd = parts_of(key)
    if not has_sub(td, cd) or not get_cursor(td, cd) then
        return 'orphaned', 'drop-member', 'it is not in cursor mode'
    elseif limits.suspended_ms > 0 and not is_paused(td, cd) and
        tonumber(since) < limits.now_ms - limits.suspended_ms then
        return 'stale', 'deny', 'it has been suspended for too long'
    end
end

-- What looks at members of `retry`, by their first letter.
local function waiting_kinds()
    return {
        d = function(member)
            local event = string.match(member, '^d (%S+) %S+ %d+ %d+$')
            if event and not has_content(event) then
                return 'orphaned', 'drop-job', 'its event has left'
            end
            return nil, event
        end,
        f = function(member)
            local td, cd, u = string.match(member, '^f (%S+) (%S+) (%d+) %d+ %d+$')
            local cursor = td and get_cursor(td, cd)
            if td and (not cursor or cursor.u ~= tonumber(u)) then
                return 'orphaned', 'drop-member', 'it is no current cursor job'
            end
            return nil, td
        end,
        h = function(member)
            local h = string.match(member, '^h (%S+)$')
            if h and redis.call('EXISTS', p .. 'parked:' .. h) == 0 then
                return 'orphaned', 'drop-member', 'nothing is parked there'
            end
            return nil, h
        end,
        u = function(member)
            local id = string.match(member, '^u (%d+%-%d+)$')
            if id and not has_entry('held', id) then
                return 'orphaned', 'drop-member', 'no such entry is held'
            end
            return nil, id
        end,
        v = function(member)
            local q, generation = string.match(member, '^v (%S+) (%d+) %d+$')
            if q and not has_request(q, generation) then
                return 'orphaned', 'drop-member', 'no such request waits'
            end
            return nil, q
        end,
    }
end


local waiting

local function look_at_waiting(_, member)
    waiting = waiting or waiting_kinds()
    local look = waiting[string.sub(member, 1, 1)]
    if look then
        local issue, action, why = look(member)
        if issue or action then
            return issue, action, why
        end
    end
    return 'corrupt', 'drop-member', 'it can not be read'
end

local function look_at_parked(name, h)
    if not redis.call('ZSCORE', p .. 'retry', 'h ' .. h) then
        return 'orphaned', 'plan-parked', 'nobody comes back for them'
    end
end

-- The first ones are enough: all others leave within a minute.
local function look_at_held()
    if #lost_held('-') > 0 then
        return 'orphaned', 'plan-held', 'nobody comes back for them'
    end
end

local function look_at_wanted(_, member)
    if not string.find(member, '^p .') then
        return 'corrupt', 'drop-member', 'it names no topic'
    end
end

local function look_at_validation(_, member)
    local q, generation = string.match(member, '^w (%S+) (%d+) .')
    if not q then
        return 'corrupt', 'drop-member', 'it names no request'
    elseif not has_request(q, generation) then
        return 'orphaned', 'drop-member', 'no such request waits'
    end
end

-- Only the owner of now fetches.
local function look_at_fetching(_, member, question)
    local epoch = string.match(question, '^(%d+)%-%d+$')
    if not epoch or epoch ~= redis.call('HGET', p .. 'owner', 'epoch') then
        return 'orphaned', 'fetch-again', 'nobody fetches it'
    end
end

local function look_at_fetch_failure(_, member)
    if not redis.call('ZSCORE', p .. 'fetch', member) and
        not redis.call('ZSCORE', p .. 'validations', member) and
        redis.call('HEXISTS', p .. 'fetching', member) == 0 then
        return 'orphaned', 'drop-member', 'it waits for no fetch'
    end
end

local function look_at_entry(_, field)
    local lane, id = string.match(field, '^(%S+) (%d+%-%d+)$')
    if not lane or redis.call('TYPE', p .. lane).ok ~= 'stream' or
        not has_entry(lane, id) then
        return 'orphaned', 'drop-member', 'there is no such entry'
    end
end

local function look_at_open(_, event)
    if not is_id(event) or not has_entry('log', event) then
        return 'orphaned', 'drop-member', 'there is no such event'
    end
end

local function look_at_count(_, field, value)
    if not is_number(value) or tonumber(value) == 0 then
        return 'corrupt', 'drop-member', 'it is no count'
    end
end

local function look_at_ahead(_, field, value)
    if not string.find(value, '^%d+%-%d+ %d+$') then
        return 'corrupt', 'drop-member', 'it can not be read'
    end
end

local function look_at_kept(name, event)
    if redis.call('HEXISTS', p .. 'refs', event) == 0 then
        return 'orphaned', 'drop', 'no job refers to it'
    end
end

local function look_at_topic(name, td)
    if lasts(name) and redis.call('EXISTS', p .. 'sub:' .. td) == 0 then
        return 'orphaned', 'let-lapse', 'nobody wants the topic'
    end
end

local function look_at_attempts(td, cd)
    if not has_sub(td, cd) then
        return 'orphaned', 'drop-member', 'there is no such subscription'
    end
end

local function look_at_request(name, q)
    local f = redis.call('HMGET', p .. name, 'g', 't', 'c', 'w')
    if not (is_number(f[1]) and f[2] and f[3] and
            string.find(f[4] or '', '^%S+ %S+$')) then
        return 'corrupt', 'drop-request', 'it is no request'
    elseif not redis.call('ZSCORE', p .. 'pending', q .. ' ' .. f[4]) then
        return 'orphaned', 'let-lapse', 'it would never lapse'
    end
end

local function look_at_pending(_, member)
    local q, who = string.match(member, '^(%S+) (%S+ %S+)$')
    if not q or redis.call('HGET', p .. 'request:' .. q, 'w') ~= who then
        return 'orphaned', 'end-pending', 'there is no such request'
    end
end

local function look_at_pull(name, id)
    local f = redis.call('HMGET', p .. name, 'v', 't', 'ttl', 'c', 'n')
    if not (f[1] == '1' and f[2] and is_number(f[3]) and f[4] and
            is_number(f[5])) then
        return 'corrupt', 'drop-pull', 'it is no pull subscription'
    elseif not redis.call('ZSCORE', p .. 'pulls', id) or
        not redis.call('ZSCORE', p .. 'pull_seen', id) then
        return 'corrupt', 'index-pull', 'a record without index'
    end
end

local function look_at_pulls(_, id)
    if redis.call('EXISTS', p .. 'pull:' .. id) == 0 then
        return 'corrupt', 'drop-pull', 'an index without record'
    end
end

local function look_at_pull_seen(_, id, ends)
    local issue, action, why = look_at_pulls(_, id)
    if not issue and tonumber(ends) < limits.now_ms - LATE_MS then
        return 'stale', 'drop-pull', 'its time to live is over'
    end
    return issue, action, why
end

local function look_at_horizon(name)
    if not is_id(redis.call('GET', p .. name)) then
        return 'corrupt', 'drop', 'it is no id'
    end
end

-- A replay that runs is served in rotation; one that has ended lapses.
local function look_at_replay(name, id)
    local runs = redis.call('HGET', p .. name, 's') == 'running'
    if runs and not redis.call('ZSCORE', p .. 'replaying', id) then
        return 'orphaned', 'drop', 'nobody serves it'
    elseif not runs then
        return never_ends(name)
    end
end

local function look_at_replaying(_, id)
    if redis.call('HGET', p .. 'replay:' .. id, 's') ~= 'running' then
        return 'orphaned', 'drop-member', 'there is no such replay'
    end
end

local function look_at_retained(_, event)
    if not is_id(event) then
        return 'corrupt', 'drop-member', 'it is no event'
    elseif not has_entry('log', event) then
        return 'orphaned', 'drop-member', 'there is no such event'
    end
end

local function look_at_number(name)
    if not is_number(redis.call('GET', p .. name)) then
        return 'corrupt', 'renumber', 'it is no number'
    end
end

local function look_at_question(name)
    if not is_id(redis.call('GET', p .. name)) then
        return 'corrupt', 'drop', 'it is no question'
    end
end

local function look_at_damaged(name, id)
    if id ~= '' then
        return never_ends(name)
    end
end

local function shard_kinds()
    return {
        log = { type = 'stream' }, pings = { type = 'stream' },
        wake = { type = 'stream' }, rejected = { type = 'stream' },
        dead = { type = 'stream' }, verifications = { type = 'stream' },
        gaps = { type = 'stream' }, changes = { type = 'stream' },
        departed = { type = 'stream' }, events = { type = 'stream' },
        outbox = { type = 'stream', key = look_at_lane },
        bulk = { type = 'stream', key = look_at_lane },
        verify = { type = 'stream', key = look_at_lane },
        damaged = { key = look_at_damaged },
        held = { type = 'stream', key = look_at_held },
        owner = { type = 'hash' }, position = { type = 'hash' },
        refs = { type = 'hash' }, -- health_count.lua
        tally = { type = 'hash', key = never_ends },
        posted = { type = 'string', key = never_ends },
        paced = { type = 'string', key = never_ends },
        removed = { type = 'string', key = never_ends },
        idem = { type = 'string', key = never_ends },
        gen = { type = 'string', key = look_at_number },
        taken = { type = 'string', key = look_at_question },
        horizon = { type = 'string', key = look_at_horizon },
        swept = { type = 'string', key = look_at_horizon },
        retained = { type = 'zset', member = look_at_retained },
        ended_groups = { type = 'hash' },
        replay = { type = 'hash', key = look_at_replay },
        replaying = { type = 'zset', member = look_at_replaying },
        replays = { type = 'zset' }, -- the ids of a day
        fanout = { type = 'hash', member = look_at_open },
        fetch = { type = 'zset', member = look_at_wanted },
        validations = { type = 'zset', member = look_at_validation },
        fetching = { type = 'hash', member = look_at_fetching },
        fetch_failures = { type = 'hash', member = look_at_fetch_failure },
        parts = { type = 'hash', member = look_at_entry },
        crashes = { type = 'hash', member = look_at_entry },
        counts = { type = 'hash', member = look_at_count },
        hosts = { type = 'hash', member = look_at_count },
        ahead = { type = 'hash', member = look_at_ahead },
        retry = { type = 'zset', member = look_at_waiting },
        parked = { type = 'list', key = look_at_parked },
        subs = { type = 'zset', key = look_at_leaf, member = look_at_indexed },
        bounds = { type = 'zset', member = look_at_bound },
        lease = { type = 'zset', member = look_at_bound },
        sub = { type = 'hash', member = look_at_record },
        cursor = { type = 'hash', member = look_at_cursor },
        missed = { type = 'zset', key = look_at_missed },
        failing = { type = 'hash', key = look_at_failing,
                    member = look_at_failure },
        suspended = { type = 'zset', member = look_at_suspended },
        paused = { type = 'zset', member = look_at_paused },
        attempts = { type = 'hash', member = look_at_attempts },
        topic = { type = 'hash', key = look_at_topic },
        kept = { type = 'hash', key = look_at_kept },
        request = { type = 'hash', key = look_at_request },
        pending = { type = 'zset', member = look_at_pending },
        pulled = { type = 'zset' },
        pull = { type = 'hash', key = look_at_pull },
        pulls = { type = 'zset', member = look_at_pulls },
        pull_seen = { type = 'zset', member = look_at_pull_seen },
    }
end

