-- prelude.lua - stands in front of every script.
--
-- `p` is the shard's prefix: every key is p .. name, so a script touches one
-- slot only.  The functions below are the steps that several scripts share.

local p = KEYS[1]

local function now_ms()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Numbers above 2^31 as plain digits, not as 1.7e+12.
local function digits(n)
    return string.format('%.0f', n)
end

-- The fields of a subscription record, nil when it is of another version.
-- expires and lease are in seconds.
local function parse_sub(record)
    local version, expires, lease, generation =
        string.match(record, '^(%d+) (%d+) (%d+) (%d+) ')
    if version ~= '1' then
        return nil
    end
    return { expires = tonumber(expires), lease = tonumber(lease),
             generation = tonumber(generation) }
end

-- Removes a subscription from the record, the index and the leases.
local function end_subscription(td, cd)
    local key = td .. ':' .. cd
    redis.call('DEL', p .. 'sub:' .. key)
    redis.call('ZREM', p .. 'subs:' .. td, cd)
    redis.call('ZREM', p .. 'lease', key)
end

-- Takes `count` jobs off an event's references; the last one lets content go
-- that only waited for it.
local function release(event, count)
    if redis.call('HINCRBY', p .. 'refs', event, -count) <= 0 then
        redis.call('HDEL', p .. 'refs', event)
        redis.call('DEL', p .. 'kept:' .. event)
    end
end

-- A stream id as its two numbers, and whether id a comes before id b.
local function id_parts(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    return tonumber(ms), tonumber(seq)
end

local function id_before(a, b)
    local a_ms, a_seq = id_parts(a)
    local b_ms, b_seq = id_parts(b)
    return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end

-- The first id that group `name` of stream `key` has not settled: the oldest
-- pending one, else the one after the last that was read.  nil without group.
local function first_unsettled(key, name)
    local pending = redis.pcall('XPENDING', key, name)
    if pending.err then
        return nil
    end
    if pending[1] > 0 then
        return pending[2]
    end
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
        if group[2] == name then
            local ms, seq = string.match(group[8], '^(%d+)-(%d+)$')
            return ms .. '-' .. digits(tonumber(seq) + 1)
        end
    end
    return nil
end

