-- request.lua - take a subscribe or unsubscribe request (WebSub section 5.1).
--
-- ARGV  1 TD, 2 CD, 3 mode s or u, 4 topic, 5 topic and 6 callback as given,
--       7 lease in s, 8 sealed secret or -,
--       9 verify; trust: it is confirmed here, without asking; validate: the
--       spreader looks at the topic first; or deny (s only): the operator's lists
--       don't let it through,
--       10 reason of a denial, else "",
--       11 1 when its events are to come in order, else 0,
--       12 what it chose (common/store/choices.h), 13 hub.verify_token, or "",
--       14 the callback's host (lib/host.lua), 15 the client that sent it, - for
--       one that is no stranger,
--       16 1 when the shard takes no new subscriptions, as Redis is short of
--       memory, else 0,
--       17 most requests that may wait in the shard, 18 those for one callback
--       host, 19 those by one client,
--       20 most subscriptions in the shard, 21 of one callback host, 22 to one
--       topic; 18 to 22: 0 for no limit,
--       of one that is trusted: 23 new when a subscription that is there is to stay
--       as it is, else any; 24 replicas when other shards are to have it too, else
--       -; 25 paused when nothing is to be sent before it is resumed, else -
-- Returns the request's generation, of one that is trusted {generation, 1 when it
-- was active before, else 0}; 0 when there is nothing to unsubscribe, or what is
-- there must stay as it is; -N when limit N (17 to 22, or 16) is reached.
--
-- Atomic: the request replaces the waiting one of its kind, and its
-- verification is queued, in one step, so a waiting request always has a
-- queue entry.  One that is trusted does not wait, but for its replicas: it is
-- active, or gone, when this call ends.  A denial ends what there was: neither
-- topic nor callback are to be served any more.  What is refused changes nothing.
--
-- A request that replaces one waits in its place, and neither a renewal nor an
-- unsubscription is refused for what strangers made wait or subscribe to, also with
-- callbacks of its host: only the limit of its client holds for it.
--
-- Repeated: a further generation replaces the request, like any other request
-- of its kind; the queue entry of the one before is superseded.
--
-- uses: shard

local td, cd, mode, how = ARGV[1], ARGV[2], ARGV[3], ARGV[9]
local host, client = ARGV[14], ARGV[15]
local key = td .. ':' .. cd
local q = key .. ':' .. (how == 'deny' and 'd' or mode)
local record = p .. 'request:' .. q

local function is_active()
    -- uses: subscribed

    return is_subscribed(td, cd)
end

if mode == 'u' and not is_active() and
    redis.call('EXISTS', p .. 'request:' .. key .. ':s') == 0 then
    return 0
end

-- What a newer version has made can't be read.  One whose lease is over is no more,
-- but that it was not swept yet.
local function must_stay()
    -- uses: subscription, time

    local record, sub = get_sub(td, cd)
    return record and not (sub and
        (ARGV[23] ~= 'new' or sub.expires * 1000 <= now_ms()))
end

if how == 'trust' and must_stay() then
    return 0
end

local who = host .. ' ' .. client
local h, c = 'h:' .. host, 'c:' .. client
local old = redis.call('HGET', record, 'w')
local counts = redis.call('HMGET', p .. 'counts', 's', h, c)

local function is_over(count, limit)
    return ARGV[limit] ~= '0' and (tonumber(count or 0) or 0) - ARGV[limit] >= 0
end

-- Which of the limits of subscriptions is reached, if any.
local function quota_reached()
    -- uses: quota_over

    return over_quota(td, host, counts[1], ARGV[20], ARGV[21], ARGV[22])
end

-- The limit that is reached, if any.
local function limit_reached()
    if client ~= '-' and old ~= who and is_over(counts[3], 19) then
        return 19
    elseif not old and is_over(counts[2], 18) then
        return 18
    elseif mode == 'u' then
        return nil
    elseif not old and is_over(redis.call('ZCARD', p .. 'pending'), 17) then
        return 17
    elseif how == 'deny' then
        return nil
    elseif ARGV[16] == '1' then
        return 16
    elseif counts[1] then
        return quota_reached()
    end
end

local reached = limit_reached()
if reached and (reached == 19 or not is_active()) then
    return -reached
end

local function deny_request(generation)
    -- uses: deny

    deny({ td = td, cd = cd, generation = generation, topic = ARGV[4],
           given = ARGV[5], callback = ARGV[6], reason = ARGV[10],
           client = client })
end

local function drop_old()
    -- uses: requests

    drop_request(q)
    counts = redis.call('HMGET', p .. 'counts', 's', h, c)
end

local generation = redis.call('INCR', p .. 'gen')
if how == 'deny' then
    deny_request(generation)
    return generation
end
if old then
    drop_old()
end

local function confirm_now(generation)
    -- uses: confirm, time, numbers, pause

    local was_active = is_active()
    local lease = tonumber(ARGV[7])
    local sub = confirm({
        td = td, cd = cd, mode = mode, generation = generation, topic = ARGV[4],
        callback = ARGV[6], host = host, secret = ARGV[8], choices = ARGV[12],
        lease = lease, ordered = ARGV[11] == '1', is_new = not was_active,
        expires = math.floor(now_ms() / 1000) + lease,
    })
    if ARGV[25] == 'paused' and redis.call('ZADD', p .. 'paused', 'NX',
                                           digits(now_ms()), key) == 1 then
        begin_pause(td, cd, sub, ARGV[4])
    end
    return { generation, was_active and 1 or 0 }
end

local confirmed = how == 'trust' and confirm_now(generation)
if confirmed and ARGV[24] ~= 'replicas' then
    return confirmed
end

local fields = { 'v', '1', 'g', generation, 't', ARGV[4], 'c', ARGV[6],
                 'l', ARGV[7], 's', ARGV[8], 'w', who }

local function add_field(name, value, default)
    if value ~= default then
        fields[#fields + 1] = name
        fields[#fields + 1] = value
    end
end

add_field('tg', ARGV[5], ARGV[4])
add_field('o', ARGV[11], '0')
add_field('p', ARGV[12], '')
add_field('vt', ARGV[13], '')
add_field('ok', confirmed and '1', false)
redis.call('HSET', record, unpack(fields))

-- Redis' time in s, as text.
local function without_entry()
    -- uses: time, numbers, fetch

    want_fetch('w ' .. q .. ' ' .. generation .. ' ' .. ARGV[4], now_ms())
    return digits(math.floor(now_ms() / 1000))
end

local at_s = how ~= 'validate' and string.match(redis.call('XADD', p .. 'verify',
    '*', 'q', q, 'g', generation), '^(%d+)%d%d%d%-') or without_entry()
redis.call('ZADD', p .. 'pending', at_s, q .. ' ' .. who)
redis.call('HSET', p .. 'counts', h, (tonumber(counts[2]) or 0) + 1,
    c, (tonumber(counts[3]) or 0) + 1)
return confirmed or generation
