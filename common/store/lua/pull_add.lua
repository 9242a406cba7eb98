-- pull_add.lua - a new pull subscription.
--
-- ARGV  1 its id, 2 number of shards, 3 topics, 4 ttl in s, 5 1 for explicit ack,
--       6 cursors, 7 most pull subscriptions in this shard and 8 others that there
--       are, 0 for no limit
-- Returns done, exists, or full.
--
-- Atomic: whether there is one, and that it is there and seen: of many who add
-- the same id, one is told that it is done.  The first one of the shard wakes the
-- owner, who looks for those that end.  Its numbers begin with the time, so that those
-- of one with the same id that was removed are none of it.
--
-- Repeated: there is one.
--
-- uses: shard, time, numbers, pull_get, last_seen, wake

local id, most, now = ARGV[1], tonumber(ARGV[7]), now_ms()

if get_pull(id, ARGV[2]) then
    return 'exists'
end
local count = redis.call('ZCARD', p .. 'pulls')
if most > 0 and count + ARGV[8] >= most then
    return 'full'
end
redis.call('ZADD', p .. 'pulls', 0, id)
redis.call('HSET', p .. 'pull:' .. id, 'v', 1, 't', ARGV[3], 'ttl', ARGV[4],
    'c', ARGV[6], 'n', digits(now))
if ARGV[5] == '1' then
    redis.call('HSET', p .. 'pull:' .. id, 'ack', 1, 'h', ARGV[6])
end
see_pull({ id = id, ttl = tonumber(ARGV[4]), waits = '' }, now)
if count == 0 then
    wake_owner()
end
return 'done'
