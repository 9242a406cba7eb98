-- replay_add.lua - events of the log are to be delivered again.
--
-- ARGV  1 id of the replay, 2 topic, 3 TD, 4 callback or "" for all, 5 its CD or
--       "", 6 id of the first event, 7 of the last one, no later than what is the
--       last one now, or `-` for that, 8 and 9 how the operator spelled these, 10 most replays that run
-- Returns 1, 0 when so many run already, or -1 when there is no such subscription.
--
-- Atomic: the replay is there as a whole.
--
-- Repeated: a replay that is there stays as it is.
--
-- uses: shard, time, numbers, ids, horizon, wake, subscribed

local KEPT_MS = 86400000 -- as the record of a replay that has ended

local id, now = ARGV[1], now_ms()
local key = p .. 'replay:' .. id

if redis.call('EXISTS', key) == 1 then
    return 1
end
if redis.call('ZCARD', p .. 'replaying') >= tonumber(ARGV[10]) then
    return 0
end
if ARGV[5] ~= '' and not is_subscribed(ARGV[3], ARGV[5]) then
    return -1
end

local newest = redis.call('XREVRANGE', p .. 'log', '+', '-', 'COUNT', 1)[1]
local last = newest and newest[1] or '0-0'
if ARGV[7] ~= '-' and id_before(ARGV[7], last) then
    last = ARGV[7]
end
redis.call('HSET', key, 'v', 1, 't', ARGV[2], 'td', ARGV[3], 'cb', ARGV[4],
    'cd', ARGV[5], 'first', ARGV[6], 'last', last, 'from', ARGV[8], 'to',
    ARGV[9], 'at', ARGV[6], 'e', '', 'after', '', 'n', 0, 'm', 0,
    'trimmed', id_before(ARGV[6], get_horizon()) and 1 or 0, 's', 'running',
    'began', digits(now), 'ended', 0)
redis.call('ZADD', p .. 'replaying', 0, id)
redis.call('ZREMRANGEBYSCORE', p .. 'replays', '-inf', digits(now - KEPT_MS))
redis.call('ZADD', p .. 'replays', digits(now), id)
wake_owner()
return 1
