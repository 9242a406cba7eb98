-- event_status.lua - tell how an event is, and how its deliveries stand.
--
-- ARGV  1 id, 2 body, when the body is wanted, else -
-- Returns {topic, content type, content coding or "", bytes of the body, the
-- body or "", 1 when it has been fanned out, else 0, then its deliveries: how
-- many were posted, delivered, wait, are dead letters, and ended without one},
-- or false when the event is not in the log (any more).
--
-- Atomic: what it counts is of one moment.
--
-- Repeated: it changes nothing.
--
-- uses: shard, ids, position_get, tally, posted

local event = ARGV[1]
local entry = redis.call('XRANGE', p .. 'log', event, event)[1]
if not entry then
    return false
end

local fields = {}
for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
end

-- What was posted when it began: jobs, and subscriptions with cursor jobs.
local function first_counts()
    local text = redis.call('GET', posted_key(event)) or ''
    local _, at = string.find(text, ' ' .. event .. ' ', 1, true)
    if not at then
        return 0, 0
    end
    local jobs, cursors = string.match(text, '^(%d+)%+?(%d*)', at + 1)
    return tonumber(jobs), tonumber(cursors) or 0
end

local counts = redis.call('HMGET', tally_key(event), event, event .. ' c',
    event .. ' k', event .. ' d', event .. ' x')
for i = 1, 5 do
    counts[i] = tonumber(counts[i] or 0)
end
local jobs, cursors = first_counts()
local later, cursors_later, by_cursor, dead, ended = unpack(counts)
jobs, cursors = jobs + later, cursors + cursors_later
local unsettled = tonumber(redis.call('HGET', p .. 'refs', event) or 0)

local is_fanned_out = not id_before((get_position()), event) and
    redis.call('HEXISTS', p .. 'fanout', event) == 0
local body = fields.b or ''
return {
    fields.t or '', fields.ct or '', fields.ce or '', #body,
    ARGV[2] == 'body' and body or '', is_fanned_out and 1 or 0,
    jobs + cursors, math.max(0, jobs - unsettled - ended) + by_cursor,
    math.max(0, unsettled - dead) + math.max(0, cursors - by_cursor), dead,
    ended,
}
