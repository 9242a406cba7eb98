-- request.lua - take a subscribe or unsubscribe request (WebSub section 5.1).
--
-- ARGV  1 TD, 2 CD, 3 mode s or u, 4 topic, 5 topic and 6 callback as given,
--       7 lease in s, 8 sealed secret or -, 9 seconds until the request
--       lapses, 10 most verifications that may wait in the shard,
--       11 verify; trust: the caller confirms it at once (verify=off);
--       validate: the spreader looks at the topic first; or deny (s only): the
--       operator's lists don't let it through,
--       12 reason of a denial, else "",
--       13 1 when its events are to come in order, else 0
-- Returns the request's generation; 0 when there is nothing to unsubscribe; -1
-- when too many verifications wait.
--
-- Atomic: the request replaces the waiting one of its kind, and its
-- verification is queued, in one step, so a waiting request always has a
-- queue entry.  A denial ends what there was: neither topic nor callback are
-- to be served any more.
--
-- Repeated: a further generation replaces the request, like any other request
-- of its kind; the queue entry of the one before is superseded.
--
-- What waits for its time after a failure does not count: a few topics that do
-- not respond would keep everybody from subscribing.
--
-- uses: shard, time, numbers, subscribed, deny, fetch

local td, cd, mode, how = ARGV[1], ARGV[2], ARGV[3], ARGV[11]
local key = td .. ':' .. cd

if mode == 'u' and not is_subscribed(td, cd) and
    redis.call('EXISTS', p .. 'request:' .. key .. ':s') == 0 then
    return 0
end
local waiting = how == 'validate' and
    redis.call('ZCOUNT', p .. 'fetch', '-inf', digits(now_ms())) +
        redis.call('HLEN', p .. 'fetching') or
    redis.call('XLEN', p .. 'verify')
if waiting >= tonumber(ARGV[10]) then
    return -1
end

local generation = redis.call('INCR', p .. 'gen')
if how == 'deny' then
    deny({ td = td, cd = cd, generation = generation, topic = ARGV[4],
           given = ARGV[5], callback = ARGV[6], reason = ARGV[12] })
    return generation
end
local request = p .. 'request:' .. key .. ':' .. mode
redis.call('HSET', request, 'v', 1, 'g', generation, 't', ARGV[4],
    'tg', ARGV[5], 'c', ARGV[6], 'l', ARGV[7], 's', ARGV[8])
if ARGV[13] == '1' then
    redis.call('HSET', request, 'o', 1)
else
    redis.call('HDEL', request, 'o')
end
redis.call('EXPIRE', request, ARGV[9])
if how == 'validate' then
    want_fetch('w ' .. key .. ':' .. mode .. ' ' .. generation .. ' ' ..
        ARGV[4], now_ms())
elseif how == 'verify' then
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':' .. mode, 'g', generation)
end
return generation
