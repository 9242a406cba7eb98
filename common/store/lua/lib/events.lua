-- events.lua - the index of a topic's events.
--
-- uses: shard, ids

-- The last event of a topic's index, but none before `id`.
local function events_tail(td, id)
    local last = redis.call('XREVRANGE', p .. 'events:' .. td, '+', '-',
        'COUNT', 1)[1]
    local n = redis.call('HGET', p .. 'topic:' .. td, 'n')
    return { id = last and id_before(id, last[1]) and last[1] or id,
             n = tonumber(n or 0) or 0 }
end

