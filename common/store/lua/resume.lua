-- resume.lua - what the owner of a shard goes on with.
--
-- ARGV  1 epoch
-- Returns {ID, EVENT, TOPIC, EVENT, TOPIC ...}: the position, and the open
-- events; where the log was trimmed beyond the position {..., COUNT, FROM, TO} too:
-- how many events left before they had begun, and what stands around them (TO is
-- `-` when nothing does).  FENCED: the epoch is over.
--
-- An open event whose progress can't be read begins anew, with the topic that the
-- log has of it.
--
-- Atomic: what the owner before was fetching is wanted again, at once.
--
-- Such a gap is noted in `gaps`, for no subscription, and counts as passed.
--
-- Repeated: the same, as long as nothing was begun or fetched meanwhile, without the
-- gap, which was told of.
--
-- uses: shard, time, numbers, position_get, position_set, fenced, fetch_set, event
-- uses: damage, ids, gaps, memory

check_owner(ARGV[1])
pass_memory_limit() -- a shard without an owner is not swept either
for _, member in ipairs(redis.call('HKEYS', p .. 'fetching')) do
    redis.call('HDEL', p .. 'fetching', member)
    redis.call('ZADD', set_of(member), 'LT', digits(now_ms()), member)
end
local position, begun = get_position()
local result = { position }
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

-- Nobody here trims what has not begun: a foreign hand did, or a failover lost the
-- position of it.
local function find_gap()
    local info = redis.pcall('XINFO', 'STREAM', p .. 'log')
    if info.err or position == '0-0' then
        return
    end
    local about = {}
    for i = 1, #info, 2 do
        about[info[i]] = info[i + 1]
    end
    local first = about['first-entry'] and about['first-entry'][1]
    local lost = about['entries-added'] - about.length - begun
    if lost <= 0 or id_before(about['last-generated-id'], position) or
        first and not id_before(position, first) then
        return
    end
    note_gap('-', '-', position, first or '-', lost)
    set_position(position, begun + lost)
    result[#result + 1] = digits(lost)
    result[#result + 1] = position
    result[#result + 1] = first or '-'
end

find_gap()
return result
