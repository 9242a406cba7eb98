-- health_repair.lua - the health monitor mends one thing that it has found.
--
-- ARGV  1 to 4 as in health_keys.lua, 5 action, 6 key, 7 member or "", 8 look, to
--       look only, or mend
-- Returns "well" when there is no such issue (any more), "mended", or "left" when
-- it is still there.
--
-- Atomic: the look, which must find the issue that the action mends, and the
-- mending.  So it is right whoever calls it, and however late.
--
-- Stands behind mending.lua: a key of another type is moved out of the way by a
-- command that Redis refuses for that.
--
-- Repeated: all is well by then, or it is mended once more.
--
-- uses: shard, health_shard, health_look, memory

begin_look(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
local action, name, member = ARGV[5], ARGV[6], ARGV[7]

local function value_of(held)
    if held == 'hash' then
        return redis.call('HGET', p .. name, member)
    elseif held == 'zset' then
        return redis.call('ZSCORE', p .. name, member)
    end
end

-- The issue that is there now, the action that it needs, and why.
local function look()
    local held = redis.call('TYPE', p .. name).ok
    if held == 'none' then
        return nil
    end
    local issue, needed, why = look_at_key(name, held)
    if needed == 'move' or needed == 'unknown' or
        member == '' and needed == action then
        return issue, needed, why
    end
    local kind, suffix = kind_of(name)
    local value = kind.member and value_of(held)
    if value then
        return kind.member(suffix, member, value)
    end
end

local function make_actions(issue, why)
    -- uses: numbers, damage, record, index, index_add, topic, subscription
    -- uses: subscription_end, cursor_get, cursor_job, retry
    -- uses: cursor_restored, refs, tally_add, pending_end, requests, deny, paused
    -- uses: pull_drop, fetch_set, fetch_wake, held_plan

    local ENDS_MS = 86400000
    local now = limits.now_ms
    local suffix = string.match(name, '^[%w_]+:?(.*)$')

    -- The subscription that the issue is about.
    local function subject()
        local td, cd = string.match(member, '^([^:]+):([^:]+)$')
        if td then
            return td, cd
        end
        td, cd = string.match(suffix, '^([^:]+):([^:]+)$')
        if td then
            return td, cd
        end
        return suffix, member
    end

    local function drop_member_of(held)
        if held == 'hash' then
            redis.call('HDEL', p .. name, member)
        else
            redis.call('ZREM', p .. name, member)
        end
    end

    local actions = {}

    -- A command that Redis refuses for the type of the key (lib/mend.lua).
    function actions.move()
        local kind = kind_of(name)
        if kind.type == 'hash' then
            redis.call('HLEN', p .. name)
        elseif kind.type == 'zset' then
            redis.call('ZCARD', p .. name)
        elseif kind.type == 'list' then
            redis.call('LLEN', p .. name)
        elseif kind.type == 'stream' then
            redis.call('XLEN', p .. name)
        else
            redis.call('GET', p .. name)
        end
    end

    -- Likewise, for what the key holds.
    function actions.renumber()
        redis.call('INCR', p .. name)
    end

    function actions.expire()
        redis.call('PEXPIRE', p .. name, ENDS_MS)
    end

    function actions.drop()
        if issue == 'corrupt' then
            note_damage(name, why)
        end
        redis.call('DEL', p .. name)
    end

    actions['drop-member'] = function()
        local held = redis.call('TYPE', p .. name).ok
        if issue == 'corrupt' then
            note_damage(name, why, member, value_of(held))
        end
        drop_member_of(held)
    end

    -- A job that nobody can send: it is counted off its event.
    actions['drop-job'] = function()
        local event = string.match(member, '^d (%S+)')
        redis.call('ZREM', p .. name, member)
        release(event, 1)
        tally_add(event, ' x', 1)
    end

    actions['end-subscription'] = function()
        local td, cd = subject()
        note_damage('sub:' .. td, why, cd,
            redis.call('HGET', p .. 'sub:' .. td, cd))
        end_subscription(td, cd)
        if string.sub(name, 1, 5) == 'subs:' then -- from whatever leaf
            redis.call('ZREM', p .. name, member)
        end
    end

    function actions.index()
        local td, cd = subject()
        local record = redis.call('HGET', p .. 'sub:' .. td, cd)
        if string.sub(name, 1, 5) == 'subs:' then
            redis.call('ZREM', p .. name, member)
        end
        if record then
            local sub = parse_record(record)
            index_add(td, cd, sub and sub.expires or math.floor(now / 1000))
        end
    end

    actions['index-leaf'] = function()
        local members = redis.call('ZRANGE', p .. name, 0, -1)
        redis.call('DEL', p .. name)
        for _, lost in ipairs(members) do
            local td, cd = string.match(lost, '^([^:]+):([^:]+)$')
            local record = td and redis.call('HGET', p .. 'sub:' .. td, cd)
            if record then
                local sub = parse_record(record)
                index_add(td, cd, sub and sub.expires or math.floor(now / 1000))
            end
        end
    end

    -- The sweeper does.
    actions['look-at-lease'] = function()
        local bound = suffix
        if string.sub(name, 1, 4) == 'sub:' then
            bound = bound_of(suffix .. ':' .. member)
        end
        redis.call('ZADD', p .. 'lease', 0, bound)
    end

    actions['end-cursor'] = function()
        local key = suffix .. ':' .. member
        redis.call('HDEL', p .. name, member)
        redis.call('DEL', p .. 'missed:' .. key, p .. 'failing:' .. key)
        redis.call('ZREM', p .. 'suspended', key)
        redis.call('ZREM', p .. 'paused', key)
    end

    actions['restore-cursor'] = function()
        local td, cd = subject()
        local cursor = get_cursor(td, cd) or restored_cursor(td, cd, now)
        if cursor and not is_paused(td, cd) then
            post_cursor_job(td, cd, cursor)
        elseif not cursor then -- it is not in cursor mode, and gets jobs
            redis.call('HDEL', p .. 'cursor:' .. td, cd)
            redis.call('DEL', p .. 'missed:' .. td .. ':' .. cd)
            redis.call('ZREM', p .. 'paused', td .. ':' .. cd)
        end
    end

    actions['plan-parked'] = function()
        plan_retry('h ' .. suffix, now)
        wake_if_earliest()
    end

    actions['plan-held'] = plan_lost_held

    actions['fetch-again'] = function()
        local set = set_of(member)
        redis.call('HDEL', p .. name, member)
        if string.find(member, '^[pw] .') then
            redis.call('ZADD', set, 'LT', digits(now), member)
            wake_for_first(set, { [member] = true })
        end
    end

    actions['let-lapse'] = function()
        local q = string.match(name, '^request:(.*)$')
        if not q then
            topic_lapses(suffix)
            return
        end
        redis.call('ZADD', p .. 'pending', digits(math.floor(now / 1000)),
            q .. ' ' .. redis.call('HGET', p .. name, 'w'))
    end

    actions['drop-request'] = function()
        note_damage(name, why)
        drop_request(suffix)
    end

    actions['end-pending'] = function()
        local q, who = string.match(member, '^(%S+) (%S+ %S+)$')
        if q then
            end_pending(q, who)
        else
            redis.call('ZREM', p .. name, member)
        end
    end

    local REASON = 'It was suspended for too long.'

    -- The callback is told, as by an operator's denial.
    function actions.deny()
        local td, cd = subject()
        local _, sub = get_sub(td, cd)
        local topic = redis.call('HGET', p .. 'topic:' .. td, 't') or
            redis.call('HGET', p .. 'sub:' .. td, 't')
        if not sub or not topic then
            end_subscription(td, cd)
            return
        end
        deny({ td = td, cd = cd, topic = topic, given = topic,
               generation = redis.call('INCR', p .. 'gen'), reason = REASON,
               callback = sub.callback })
    end

    actions['drop-pull'] = function()
        local id = member ~= '' and member or suffix
        if redis.call('EXISTS', p .. 'pull:' .. id) == 1 and member == '' then
            note_damage(name, why)
        end
        drop_pull(id)
    end

    actions['index-pull'] = function()
        local ttl = tonumber(redis.call('HGET', p .. name, 'ttl'))
        redis.call('ZADD', p .. 'pulls', 0, suffix)
        redis.call('ZADD', p .. 'pull_seen', 'NX', digits(now + ttl * 1000),
            suffix)
    end

    -- A heartbeat of long ago, so that the reaper finds the process.
    function actions.reap()
        local role = string.match(redis.call('HGET', p .. name, member),
            '"role":%s*"(%l+)"')
        if role == 'hub' or role == 'spreader' or role == 'deliver' then
            redis.call('ZADD', p .. 'heartbeats:' .. role, 'NX', 1, member)
        else
            redis.call('HDEL', p .. name, member)
        end
    end

    return actions
end

local issue, needed, why = look()
if needed ~= action then
    return 'well'
end
local mend_it = ARGV[8] == 'mend' and make_actions(issue, why)[action]
if not mend_it then
    return 'left'
end
pass_memory_limit()
mend_it()
return 'mended'
