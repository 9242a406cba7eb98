-- resume.lua - what the owner of a shard goes on with.
--
-- ARGV  1 epoch
-- Returns {ID, EVENT, TOPIC, EVENT, TOPIC ...}: the position, and the open
-- events.  FENCED: the epoch is over.
--
-- An open event whose progress can't be read begins anew, with the topic that the
-- log has of it.
--
-- Atomic: what the owner before was fetching is wanted again, at once.
--
-- Repeated: the same, as long as nothing was begun or fetched meanwhile.
--
-- uses: shard, time, numbers, position_get, fenced, fetch_set, event, damage

check_owner(ARGV[1])
for _, member in ipairs(redis.call('HKEYS', p .. 'fetching')) do
    redis.call('HDEL', p .. 'fetching', member)
    redis.call('ZADD', set_of(member), 'LT', digits(now_ms()), member)
end
local result = { (get_position()) }
local open = redis.call('HGETALL', p .. 'fanout')
for i = 1, #open, 2 do
    local event = open[i]
    local topic = string.match(open[i + 1], '^%S+ (.+)$') or
        string.match(event, '^%d+%-%d+$') and event_topic(event)
    if topic then
        result[#result + 1] = event
        result[#result + 1] = topic
    else
        note_damage('fanout', 'no open event', event, open[i + 1])
        redis.call('HDEL', p .. 'fanout', event)
    end
end
return result
