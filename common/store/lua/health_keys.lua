-- health_keys.lua - the health monitor looks at some keys of a slot, and at what
-- is in them.
--
-- ARGV  1 stream of cluster events where the slot is the cluster's, else "",
--       2 ms for which a subscription may be suspended, 0 for ever,
--       3 ms after which a heartbeat is missing, 4 how many shards there are,
--       5 how many keys and members to look at, about,
--       then pairs of a key's name without the prefix and a cursor, "0" at first
-- Returns {pairs of what is to be gone on with,
--          of each issue: issue, action, key, member ("" for the whole) and why,
--          of each subscription whose cursor says that it has a cursor job: TD,
--          CD, number,
--          {active subscriptions, pull subscriptions, suspended ones, requests
--           that wait, dead letters} in those keys}.
--
-- Atomic: what an issue is told of was so at one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, cursor_parse, health_look

local MEMBERS_AT_ONCE = 64 -- Redis gives the whole of a small key anyway

begin_look(ARGV[1], ARGV[2], ARGV[3], ARGV[4])

local found, cursors, rest = {}, {}, {}
local totals = { 0, 0, 0, 0, 0 }
local looked = 0

local function note(name, member, issue, action, why)
    looked = looked + 1
    if issue then
        for _, word in ipairs({ issue, action, name, member, why }) do
            found[#found + 1] = word
        end
    end
end

-- A subscription whose cursor job may have been lost (health_count.lua).
local function note_cursor(td, cd, text)
    local cursor = parse_cursor(text)
    if cursor and cursor.mode == 'run' then
        for _, word in ipairs({ td, cd, string.match(text, '^%d+') }) do
            cursors[#cursors + 1] = word
        end
    end
end

local function note_total(name)
    local td = string.match(name, '^sub:(.*)$')
    if td then
        totals[1] = totals[1] + redis.call('HLEN', p .. name)
    elseif name == 'pulls' then
        totals[2] = redis.call('ZCARD', p .. name)
    elseif name == 'suspended' then
        totals[3] = redis.call('ZCARD', p .. name)
    elseif name == 'pending' then
        totals[4] = redis.call('ZCARD', p .. name)
    elseif name == 'dead' then
        totals[5] = redis.call('XLEN', p .. name)
    end
end

-- A page of a key's members; returns where it goes on, "0" at the end.
local function look_at_members(name, cursor, held, kind, suffix)
    local reply = held == 'hash' and
        redis.call('HSCAN', p .. name, cursor, 'COUNT', MEMBERS_AT_ONCE) or
        redis.call('ZSCAN', p .. name, cursor, 'COUNT', MEMBERS_AT_ONCE)
    local td = string.match(name, '^cursor:(.*)$')
    local is_sub = string.sub(name, 1, 4) == 'sub:'
    for i = 1, #reply[2], 2 do
        local member, value = reply[2][i], reply[2][i + 1]
        if is_sub and member == 't' then -- the topic's text
            totals[1] = totals[1] - 1
        end
        note(name, member, kind.member(suffix, member, value))
        if td then
            note_cursor(td, member, value)
        end
    end
    return reply[1]
end

local function look_at(name, cursor)
    local held = redis.call('TYPE', p .. name).ok
    if held == 'none' then
        return '0'
    end
    local kind, suffix = kind_of(name)
    if cursor == '0' then
        local issue, action, why = look_at_key(name, held)
        note(name, '', issue, action, why)
        if action == 'move' or action == 'unknown' then
            return '0'
        end
        note_total(name)
    end
    if not kind.member or held ~= 'hash' and held ~= 'zset' then
        return '0'
    end
    return look_at_members(name, cursor, held, kind, suffix)
end

local budget = tonumber(ARGV[5])

for i = 6, #ARGV, 2 do
    local cursor, is_done = ARGV[i + 1], false
    if looked < budget then
        cursor = look_at(ARGV[i], cursor)
        is_done = cursor == '0'
    end
    if not is_done then
        rest[#rest + 1] = ARGV[i]
        rest[#rest + 1] = cursor
    end
end
return { rest, found, cursors, totals }
