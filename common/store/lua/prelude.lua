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
    local version, expires, lease, generation, callback =
        string.match(record, '^(%d+) (%d+) (%d+) (%d+) %S+ (.*)$')
    if version ~= '1' then
        return nil
    end
    return { expires = tonumber(expires), lease = tonumber(lease),
             generation = tonumber(generation), callback = callback }
end

-- What is known of a topic lapses when nobody subscribes to it, so that
-- strangers can't fill Redis by going from topic to topic.
local TOPIC_LASTS_S = 86400

local function topic_expires(td)
    if redis.call('EXISTS', p .. 'subs:' .. td) == 0 then
        redis.call('EXPIRE', p .. 'topic:' .. td, TOPIC_LASTS_S)
    else
        redis.call('PERSIST', p .. 'topic:' .. td)
    end
end

-- Removes a subscription from the record, the index and the leases.
local function end_subscription(td, cd)
    local key = td .. ':' .. cd
    redis.call('DEL', p .. 'sub:' .. key)
    redis.call('ZREM', p .. 'subs:' .. td, cd)
    redis.call('ZREM', p .. 'lease', key)
    topic_expires(td)
end

-- Takes `count` jobs off an event's references; the last one lets content go
-- that only waited for it.
local function release(event, count)
    if redis.call('HINCRBY', p .. 'refs', event, -count) <= 0 then
        redis.call('HDEL', p .. 'refs', event)
        redis.call('DEL', p .. 'kept:' .. event)
    end
end

-- A stream id is two numbers of 64 bits, which Lua's numbers can't hold: they
-- are compared and counted as decimal text.
local SEQ_MAX = '18446744073709551615'

local function id_parts(id)
    return string.match(id, '^(%d+)-(%d+)$')
end

local function number_before(a, b)
    return #a < #b or (#a == #b and a < b)
end

-- Whether id a comes before id b.
local function id_before(a, b)
    local a_ms, a_seq = id_parts(a)
    local b_ms, b_seq = id_parts(b)
    return number_before(a_ms, b_ms) or
        (a_ms == b_ms and number_before(a_seq, b_seq))
end

local function plus_one(number)
    local head, digit, nines = string.match(number, '^(%d-)([0-8]?)(9*)$')
    return head .. (digit == '' and 1 or digit + 1) ..
        string.rep('0', #nines)
end

-- Of a number above 0.
local function minus_one(number)
    local head, digit, zeros = string.match(number, '^(%d-)([1-9])(0*)$')
    local less = head .. (digit - 1) .. string.rep('9', #zeros)
    return (string.gsub(less, '^0+(%d)', '%1'))
end

-- The id right after, and right before (nil before the first one, 0-1).
local function id_after(id)
    local ms, seq = id_parts(id)
    if seq == SEQ_MAX then
        return plus_one(ms) .. '-0'
    end
    return ms .. '-' .. plus_one(seq)
end

local function id_preceding(id)
    local ms, seq = id_parts(id)
    if seq ~= '0' then
        return ms .. '-' .. minus_one(seq)
    end
    return ms ~= '0' and minus_one(ms) .. '-' .. SEQ_MAX or nil
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
            return id_after(group[8])
        end
    end
    return nil
end

-- Drops from a work queue what is settled, up to the first entry that is not.
local function trim(name, group)
    local cut = first_unsettled(p .. name, group)
    if cut then
        redis.call('XTRIM', p .. name, 'MINID', cut)
    end
end

-- Queues the denial that a callback is told (WebSub section 5.2) and drops the
-- request that it answers.  `d` has td, cd, topic, given (the topic as the
-- subscriber knows it), callback, reason ("" for none) and the denial's
-- generation.
local DENIAL_LASTS_S = 3600

local function tell_denial(d)
    local key = d.td .. ':' .. d.cd
    local request = p .. 'request:' .. key .. ':d'
    redis.call('DEL', p .. 'request:' .. key .. ':s', request)
    redis.call('HSET', request, 'v', 1, 'g', digits(d.generation),
        't', d.topic, 'tg', d.given, 'c', d.callback, 'r', d.reason)
    redis.call('EXPIRE', request, DENIAL_LASTS_S)
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':d',
        'g', digits(d.generation))
end

-- The same, and ends the subscription, which is not to be served any more.
local function deny(d)
    if redis.call('EXISTS', p .. 'sub:' .. d.td .. ':' .. d.cd) == 1 then
        end_subscription(d.td, d.cd)
    end
    tell_denial(d)
end

