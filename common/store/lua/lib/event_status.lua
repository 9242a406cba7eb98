-- event_status.lua - what an event is, and how its deliveries stand.
--
-- uses: shard, ids, position_get, tally, posted

-- What was posted when it began: jobs, and subscriptions with cursor jobs.
local function first_counts(event)
    local text = redis.call('GET', posted_key(event)) or ''
    local _, at = string.find(text, ' ' .. event .. ' ', 1, true)
    if not at then
        return 0, 0
    end
    local jobs, cursors = string.match(text, '^(%d+)%+?(%d*)', at + 1)
    return tonumber(jobs), tonumber(cursors) or 0
end

local function is_fanned_out(event)
    return not id_before((get_position()), event) and
        redis.call('HEXISTS', p .. 'fanout', event) == 0
end

-- Topic, content type, content coding or "", bytes of the body, 1 when it has been
-- fanned out, else 0, then its deliveries: how many were posted, delivered, wait,
-- are dead letters, and ended without one.  `fields` are those of its entry.
local function status_of(event, fields)
    local counts = redis.call('HMGET', tally_key(event), event, event .. ' c',
        event .. ' k', event .. ' d', event .. ' x')
    for i = 1, 5 do
        counts[i] = tonumber(counts[i] or 0)
    end
    local jobs, cursors = first_counts(event)
    local later, cursors_later, by_cursor, dead, ended = unpack(counts)
    jobs, cursors = jobs + later, cursors + cursors_later
    local unsettled = tonumber(redis.call('HGET', p .. 'refs', event) or 0)
    return { fields.t or '', fields.ct or '', fields.ce or '', #(fields.b or ''),
             is_fanned_out(event) and 1 or 0, jobs + cursors,
             math.max(0, jobs - unsettled - ended) + by_cursor,
             math.max(0, unsettled - dead) + math.max(0, cursors - by_cursor),
             dead, ended }
end
