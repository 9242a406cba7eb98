-- alerts.lua - the coordinator says what is wrong by now; what is new, or over, is
-- told once.
--
-- ARGV  1 epoch of the coordinator, 2 stream of cluster events, 3 how many of
--       them are kept, 4 how many notices are kept, 5 ms after which what a process
--       has said counts no more, 6 ms after which a heartbeat is missing, then of
--       each that is wrong kind, subject and detail
-- Returns of each notice made by this call its id, `raised` or `resolved`, kind,
--         subject and detail.  FENCED: the caller is not the coordinator.
--
-- `alerts` has of each that is wrong `SINCE DETAIL` by `KIND SUBJECT`; `notices`
-- an entry for each beginning and each end.  `conditions` has what processes say
-- of themselves, `AT DETAIL` by `KIND SUBJECT`: it counts like the arguments as
-- long as it is said again.  `removed` has the processes that died: one counts
-- until as many of its role live as before, all of them at the same time, so that
-- one that has died and is not missed yet replaces nobody.
--
-- Atomic: an alert and its one notice.
--
-- Repeated: nothing is new.
--
-- uses: shard, memory, numbers, time, fenced, removed, cluster_event

local stream, cap, kept, lasting = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local timeout = tonumber(ARGV[6])
local FIRST, WORDS = 7, 3
local REMEMBERED_MS = 3600000 -- how long a process that is not replaced counts

check_owner(ARGV[1])
pass_memory_limit()
local now = now_ms()
local wrong, order, made = {}, {}, {}

local function add(name, detail)
    if not wrong[name] then
        order[#order + 1] = name
    end
    wrong[name] = detail
end

local function add_said()
    local said = redis.call('HGETALL', p .. 'conditions')
    for i = 1, #said, 2 do
        local at, detail = string.match(said[i + 1], '^(%d+) (.*)$')
        if at and tonumber(at) > now - lasting then
            add(said[i], detail)
        else
            redis.call('HDEL', p .. 'conditions', said[i])
        end
    end
end

-- How many of a role were heard of from then on.
local function count_heard(role, from)
    return redis.call('ZCOUNT', p .. 'heartbeats:' .. role, from,
        digits(now + timeout))
end

-- Whether a removed process counts: nil when it is over, and when enough live but
-- not all of them were heard of since then, what it did before.
local function look_at_removed(name, text)
    local role, incarnation, at, before, enough = parse_removed(text)
    if not role or at < now - REMEMBERED_MS then
        return nil
    end
    local live = count_heard(role, digits(now - timeout))
    if live >= before and enough > 0 and
        count_heard(role, '(' .. digits(enough)) >= before then
        return nil
    end
    local since = live >= before and (enough > 0 and enough or now) or 0
    if since ~= enough then
        redis.call('HSET', p .. 'removed', name,
            print_removed(role, incarnation, at, before, since))
    end
    return since == 0 or
        redis.call('HEXISTS', p .. 'alerts', 'instance-failed ' .. name) == 1
end

local function add_removed()
    local removed = redis.call('HGETALL', p .. 'removed')
    for i = 1, #removed, 2 do
        local counts = look_at_removed(removed[i], removed[i + 1])
        if counts == nil then
            redis.call('HDEL', p .. 'removed', removed[i])
        elseif counts then
            add('instance-failed ' .. removed[i], 'it died, and was removed')
        end
    end
end

local function notice(state, name, since, detail)
    local kind, subject = string.match(name, '^(%S+) (.*)$')
    local id = redis.call('XADD', p .. 'notices', 'MAXLEN', '~', kept, '*',
        'v', 1, 'a', state, 'k', kind, 's', subject, 'd', detail,
        'since', digits(since))
    tell_event(stream, cap, 'alert', 'w',
        state .. ' ' .. string.sub(name, 1, 150))
    for _, word in ipairs({ id, state, kind, subject, detail }) do
        made[#made + 1] = word
    end
end

for i = FIRST, #ARGV, WORDS do
    add(ARGV[i] .. ' ' .. ARGV[i + 1], ARGV[i + 2])
end
add_said()
add_removed()
local active = redis.call('HGETALL', p .. 'alerts')
for i = 1, #active, 2 do
    local name = active[i]
    local since, detail = string.match(active[i + 1], '^(%d+) (.*)$')
    if wrong[name] then
        redis.call('HSET', p .. 'alerts', name,
            (since or digits(now)) .. ' ' .. wrong[name])
        wrong[name] = nil
    else
        redis.call('HDEL', p .. 'alerts', name)
        notice('resolved', name, tonumber(since or now), detail or '')
    end
end
for _, name in ipairs(order) do
    if wrong[name] then
        redis.call('HSET', p .. 'alerts', name, digits(now) .. ' ' ..
            wrong[name])
        notice('raised', name, now, wrong[name])
    end
end
return made
