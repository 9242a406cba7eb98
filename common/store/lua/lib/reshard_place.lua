-- reshard_place.lua - where things go in another number of shards
-- (reshard_rows.lua).
--
-- uses: shard, everything

local places = {} -- of events

-- Of what belongs to a subscription or a topic.
local function place_of_td(td)
    if td == EVERYTHING then
        return 'a'
    end
    local topic = redis.call('HGET', p .. 'sub:' .. td, 't') or
        redis.call('HGET', p .. 'topic:' .. td, 't')
    return topic and 't' .. topic or 'd' .. td
end

local function find_topic(event)
    local entry = redis.call('XRANGE', p .. 'log', event, event)[1]
    for i = 1, entry and #entry[2] or 0, 2 do
        if entry[2][i] == 't' then
            return entry[2][i + 1]
        end
    end
    return redis.call('HGET', p .. 'kept:' .. event, 't')
end

-- nil when the event has left, or is none.
local function place_of_event(event)
    if places[event] == nil then
        local topic = string.find(event, '^%d+%-%d+$') and find_topic(event)
        places[event] = topic and 't' .. topic or false
    end
    return places[event] or nil
end

-- nil when no such request waits.
local function place_of_request(q)
    local topic = redis.call('HGET', p .. 'request:' .. q, 't')
    return topic and 't' .. topic or nil
end
