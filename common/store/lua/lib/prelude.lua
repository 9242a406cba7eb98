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

-- Whether CD a comes before CD b in an index.  Lua's own order of strings is
-- that of the locale that Redis was started in.
local function cd_before(a, b)
    for i = 1, math.min(#a, #b) do
        local x, y = string.byte(a, i), string.byte(b, i)
        if x ~= y then
            return x < y
        end
    end
    return #a < #b
end

-- Redis at its memory limit refuses a script whose first write needs memory.
-- What drains the queues must go on nevertheless: it begins by a write that
-- needs none and changes nothing.
local function pass_memory_limit()
    redis.call('HDEL', p .. 'crashes', '')
end

-- The fields of a subscription record, nil when it is of another version.
-- expires and lease are in seconds.
local function parse_sub(record)
    local expires, lease, generation, flags, secret, callback = string.match(
        record, '^1 (%d+) (%d+) (%d+) ([-fco]) (%S+) (.*)$')
    if not expires then
        return nil
    end
    return { expires = tonumber(expires), lease = tonumber(lease),
             generation = tonumber(generation), flags = flags,
             secret = secret, callback = callback }
end

local function write_sub(td, cd, sub)
    redis.call('HSET', p .. 'sub:' .. td, cd, table.concat({ 1,
        digits(sub.expires), digits(sub.lease), digits(sub.generation),
        sub.flags, sub.secret, sub.callback }, ' '))
end

local function has_sub(td, cd)
    return redis.call('HEXISTS', p .. 'sub:' .. td, cd) == 1
end

-- The record of a subscription, and its fields; nil when there is none.
local function get_sub(td, cd)
    local record = redis.call('HGET', p .. 'sub:' .. td, cd)
    if not record then
        return nil
    end
    return record, parse_sub(record)
end

-- The CDs of a topic in their order.  `subs:TD` has those of a small topic;
-- the others of a large one are in further leaves `subs:TD:FENCE`, each for
-- the CDs from its fence up to the next one; `fences:TD` has the fences.  A
-- sorted set of up to 128 members takes a quarter of what a member of a larger
-- one does (zset-max-listpack-entries), so a leaf is divided before it grows
-- beyond; whatever its size, it is right.  `lease` has the leaves (TD or
-- TD:FENCE) by when the first lease of theirs ends, so that a lease costs next
-- to nothing.
local LEAF_MAX = 128

local function leaf_name(td, fence)
    return td .. (fence and ':' .. fence or '')
end

local function leaf_key(td, fence)
    return p .. 'subs:' .. leaf_name(td, fence)
end

-- The fence of the leaf that a CD belongs to; nil for the first one.
local function fence_of(td, cd)
    return redis.call('ZREVRANGEBYLEX', p .. 'fences:' .. td, '[' .. cd, '-',
        'LIMIT', 0, 1)[1]
end

local function fence_after(td, fence)
    return redis.call('ZRANGEBYLEX', p .. 'fences:' .. td,
        fence and '(' .. fence or '-', '+', 'LIMIT', 0, 1)[1]
end

-- Moves the upper half of a leaf to one of its own; returns its fence.
local function divide_leaf(td, fence)
    local key, from = leaf_key(td, fence), LEAF_MAX / 2
    local upper = redis.call('ZRANGE', key, from, -1)
    redis.call('ZREMRANGEBYRANK', key, from, -1)
    for _, cd in ipairs(upper) do
        redis.call('ZADD', leaf_key(td, upper[1]), 0, cd)
    end
    redis.call('ZADD', p .. 'fences:' .. td, 0, upper[1])
    local due = redis.call('ZSCORE', p .. 'lease', leaf_name(td, fence))
    redis.call('ZADD', p .. 'lease', due or 0, leaf_name(td, upper[1]))
    return upper[1]
end

-- Adds a CD, if it is not there, whose lease ends at `expires`.
local function index_add(td, cd, expires)
    local fence = fence_of(td, cd)
    local key = leaf_key(td, fence)
    if redis.call('ZCARD', key) >= LEAF_MAX and
        not redis.call('ZSCORE', key, cd) then
        local upper = divide_leaf(td, fence)
        if not cd_before(cd, upper) then
            fence = upper
        end
    end
    redis.call('ZADD', leaf_key(td, fence), 0, cd)
    redis.call('ZADD', p .. 'lease', 'LT', digits(expires),
        leaf_name(td, fence))
end

local function index_remove(td, cd)
    local fence = fence_of(td, cd)
    local key = leaf_key(td, fence)
    redis.call('ZREM', key, cd)
    if redis.call('EXISTS', key) == 1 then
        return
    end
    redis.call('ZREM', p .. 'lease', leaf_name(td, fence))
    if fence then
        redis.call('ZREM', p .. 'fences:' .. td, fence)
    end
end

-- The next `count` CDs of a topic after `cd`, nil for the first ones.
local function index_page(td, cd, count)
    local fence = cd and fence_of(td, cd)
    local after = cd and '(' .. cd or '-'
    local cds = redis.call('ZRANGEBYLEX', leaf_key(td, fence), after, '+',
        'LIMIT', 0, count)
    while #cds < count do
        fence = fence_after(td, fence)
        if not fence then
            break
        end
        for _, found in ipairs(redis.call('ZRANGE', leaf_key(td, fence), 0,
            count - #cds - 1)) do
            cds[#cds + 1] = found
        end
    end
    return cds
end

-- What is known of a topic lapses when nobody subscribes to it, so that
-- strangers can't fill Redis by going from topic to topic.
local TOPIC_LASTS_S = 86400

local function topic_expires(td)
    if redis.call('EXISTS', p .. 'sub:' .. td) == 0 then
        redis.call('EXPIRE', p .. 'topic:' .. td, TOPIC_LASTS_S)
    else
        redis.call('PERSIST', p .. 'topic:' .. td)
    end
end

-- Removes a subscription and all that is kept for it.
local function end_subscription(td, cd)
    local key = td .. ':' .. cd
    redis.call('HDEL', p .. 'sub:' .. td, cd)
    redis.call('DEL', p .. 'missed:' .. key, p .. 'failing:' .. key)
    index_remove(td, cd)
    redis.call('HDEL', p .. 'follow:' .. td, cd)
    redis.call('ZREM', p .. 'suspended', key)
    redis.call('HDEL', p .. 'tries:' .. td, cd)
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

-- The fields of a dead letter by name.
local function letter_fields(letter)
    local fields = {}
    for i = 1, #letter[2], 2 do
        fields[letter[2][i]] = letter[2][i + 1]
    end
    return fields
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

-- Posts the job of event `e` for target `c`, with failed attempts and crashes
-- where there were any; returns its entry.
local function post_job(e, c, n, k)
    local fields = { 'e', e, 'c', c }
    if tonumber(n) > 0 then
        fields[5], fields[6] = 'n', n
    end
    if tonumber(k) > 0 then
        fields[#fields + 1], fields[#fields + 2] = 'k', k
    end
    return redis.call('XADD', p .. 'outbox', '*', unpack(fields))
end

-- Moves up to `most` jobs that wait for host `h` to the outbox, the oldest
-- first.  Returns how many, and how many are left.
local function unpark(h, most)
    local jobs = redis.call('LPOP', p .. 'parked:' .. h, most) or {}
    for _, job in ipairs(jobs) do
        post_job(string.match(job, '^(%S+) (%S+) (%d+) (%d+)$'))
    end
    return #jobs, redis.call('LLEN', p .. 'parked:' .. h)
end

-- Whether an entry of a lane is still somebody's to settle.
local function is_pending(lane, entry)
    local held = redis.pcall('XPENDING', p .. lane, 'deliver', entry, entry, 1)
    return not held.err and #held > 0
end

-- A followed subscription (docs/ARCHITECTURE.md, "Following"): u is the number
-- of its current turn, cursor and n are id and number of the last event that
-- is not due any more, start is the cursor that it began with.  `last` and
-- `resume`, where there are any, have id and n of an event each: between them
-- the events of the index have jobs, not turns.
local function parse_place(text)
    local id, n = string.match(text, '^(.+):(%d+)$')
    return id and { id = id, n = tonumber(n) }
end

local function place_text(place)
    return place and place.id .. ':' .. digits(place.n) or '-'
end

local function parse_follow(text)
    local u, mode, cursor, n, since, start, last, resume = string.match(text,
        '^(%d+) (%a+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+)$')
    return { u = tonumber(u), mode = mode, cursor = cursor, n = tonumber(n),
             since = since, start = start, last = parse_place(last),
             resume = parse_place(resume) }
end

local function get_follow(td, cd)
    local text = redis.call('HGET', p .. 'follow:' .. td, cd)
    return text and parse_follow(text)
end

local function write_follow(td, cd, f)
    redis.call('HSET', p .. 'follow:' .. td, cd, table.concat({ digits(f.u),
        f.mode, f.cursor, digits(f.n), f.since, f.start,
        place_text(f.last), place_text(f.resume) }, ' '))
end

-- Whether a followed subscription gets an event of the index by a turn.
local function has_turn(f, event)
    if not id_before(f.start, event) then
        return false
    end
    if f.last and id_before(f.last.id, event) then
        return f.resume and id_before(f.resume.id, event)
    end
    return true
end

-- Whether it gets what comes from now on by jobs.
local function is_catching_up(f)
    return f.last and not f.resume
end

-- The flag of the record of a subscription that is not ordered.
local function flag_of(f)
    return not f and '-' or is_catching_up(f) and 'c' or 'f'
end

-- The last event of a topic's index, but none before `id`.
local function index_tail(td, id)
    local last = redis.call('XREVRANGE', p .. 'events:' .. td, '+', '-',
        'COUNT', 1)[1]
    local n = redis.call('HGET', p .. 'topic:' .. td, 'n')
    return { id = last and id_before(id, last[1]) and last[1] or id,
             n = tonumber(n or 0) }
end

-- Begins to follow behind the last event of the topic's index.
local function begin_following(td, cd, u, mode)
    local tail = index_tail(td, '0-0')
    write_follow(td, cd, { u = u, mode = mode, cursor = tail.id, n = tail.n,
                           since = digits(now_ms()), start = tail.id })
end

-- What comes from now on has jobs again.
local function begin_catching_up(td, f)
    f.last = index_tail(td, f.cursor)
end

-- What comes from now on has turns again.  There are never more than two
-- parts of the index that have turns.
local function follow_again(td, f)
    f.resume = index_tail(td, f.last.id)
    f.since = digits(now_ms())
end

-- Posts the next turn.  It has a number of its own, so that a repetition of
-- the one before is known as such.
local function post_turn(td, cd, f)
    f.u, f.mode = f.u + 1, 'run'
    write_follow(td, cd, f)
    redis.call('XADD', p .. 'outbox', '*', 'f', td, 'c', cd,
        'u', digits(f.u))
end

-- Whether the fan-out of an event after `start`, up to `id`, has yet to come to
-- this subscription, which would then be taken for what it is by then.  Before
-- the first entry of `log` that is not settled all have come.  Where there is
-- too much to look at one may be behind.
local FAN_LOOK_BACK = 1000

local function fan_is_behind(td, cd, f, id)
    local open = first_unsettled(p .. 'log', 'spread')
    local from = open and id_before(f.start, open) and open or '(' .. f.start
    local events = redis.call('XREVRANGE', p .. 'events:' .. td, id, from,
        'COUNT', FAN_LOOK_BACK)
    for _, event in ipairs(events) do
        local at = redis.call('HGET', p .. 'fan', event[1])
        if at and at ~= 'done' and cd_before(at, cd) then
            return true
        end
    end
    return #events == FAN_LOOK_BACK
end

-- Ends the following of a subscription that has got everything; returns the
-- flag of its record.  It goes on, idle, while a fan-out is behind.
local function end_following(td, cd, f)
    redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
    if not fan_is_behind(td, cd, f, f.cursor) then
        redis.call('HDEL', p .. 'follow:' .. td, cd)
        return '-'
    end
    f.mode = 'idle'
    if not f.last then
        begin_catching_up(td, f)
    end
    write_follow(td, cd, f)
    return flag_of(f)
end

-- What becomes of a subscription's following when it is (or is not) to be
-- ordered from now on; returns the flag of its record.
local function follow_as(td, cd, ordered)
    local f = get_follow(td, cd)
    if ordered then
        if not f then
            begin_following(td, cd, 0, 'idle')
        elseif is_catching_up(f) then
            follow_again(td, f)
            write_follow(td, cd, f)
        end
        return 'o'
    end
    return f and f.mode == 'idle' and end_following(td, cd, f) or flag_of(f)
end

-- Makes a subscription active, or renews it.  sub.flags is set here.
local function activate(td, cd, sub, ordered)
    sub.flags = follow_as(td, cd, ordered)
    write_sub(td, cd, sub)
    index_add(td, cd, sub.expires)
    topic_expires(td)
end

-- Notes that a followed subscription lost `count` events: those between the
-- ids `from` and `to` (`-` when nothing has come after), or the one event that
-- both name.
local GAPS_KEPT = 1000

local function note_gap(td, cd, from, to, count)
    redis.call('XADD', p .. 'gaps', 'MAXLEN', '~', GAPS_KEPT, '*', 'td', td,
        'cd', cd, 'from', from, 'to', to, 'n', digits(count))
end

-- A stream id as a member of `missed`, so that the order of bytes is that of
-- ids; and back.
local function missed_member(id)
    local ms, seq = id_parts(id)
    return string.rep('0', 15 - #ms) .. ms .. '-' ..
        string.rep('0', 20 - #seq) .. seq
end

local function missed_id(member)
    local ms, seq = id_parts(member)
    return string.match(ms, '^0*(%d+)$') .. '-' ..
        string.match(seq, '^0*(%d+)$')
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
    if has_sub(d.td, d.cd) then
        end_subscription(d.td, d.cd)
    end
    tell_denial(d)
end

