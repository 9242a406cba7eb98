-- resume.lua - what the owner of a shard goes on with.
--
-- ARGV  1 epoch
-- Returns {ID, EVENT, TOPIC, EVENT, TOPIC ...}: the position, and the open
-- events.  FENCED: the epoch is over.
--
-- Atomic: what the owner before was fetching is wanted again, at once.
--
-- Repeated: the same, as long as nothing was begun or fetched meanwhile.
--
-- uses: shard, time, numbers, position_get, fenced

check_owner(ARGV[1])
for _, member in ipairs(redis.call('HKEYS', p .. 'fetching')) do
    redis.call('HDEL', p .. 'fetching', member)
    redis.call('ZADD', p .. 'fetch', 'LT', digits(now_ms()), member)
end
local result = { (get_position()) }
local open = redis.call('HGETALL', p .. 'fanout')
for i = 1, #open, 2 do
    result[#result + 1] = open[i]
    result[#result + 1] = string.match(open[i + 1], '^%S+ (.*)$')
end
return result
