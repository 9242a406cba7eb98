-- topic_events.lua - a page of the events of a topic, the newest first.
--
-- ARGV  1 topic in its normal spelling, 2 id to begin before, + for the newest,
--       3 most events
-- Returns {id to go on before, "" when this was the last page; then for each event
-- its id and what lib/event_status.lua has of it}.
--
-- These are the events of the log that are for subscriptions to the topic: of a
-- dotted one also those of topics below it.
--
-- Atomic: the page is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, event_status, pull_event, levels

local BITE = 16            -- entries may be a MiB each; the first bites are smaller
local LOOKED_MAX = 512     -- entries of the log in one call
local BYTES_MAX = 1048576  -- of these; the last one may pass it

local topic, before, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local events, looked, bytes = {}, 0, 0

local function is_of_topic(name)
    for _, level in ipairs(levels_of(name)) do
        if level == topic then
            return true
        end
    end
    return false
end

local function add(id, fields)
    events[#events + 1] = id
    for _, value in ipairs(status_of(id, fields)) do
        events[#events + 1] = value
    end
end

local count = 0

local function look_at(entry)
    local fields, size = pull_event(entry)
    before, looked, bytes = entry[1], looked + 1, bytes + size
    if fields and is_of_topic(fields.t) then
        add(entry[1], fields)
        count = count + 1
    end
end

local function is_enough()
    return count >= most or looked >= LOOKED_MAX or bytes >= BYTES_MAX
end

-- Whether the log may have more.
local function walk()
    local size = 1
    while not is_enough() do
        local bite = redis.call('XREVRANGE', p .. 'log',
            before == '+' and before or '(' .. before, '-', 'COUNT', size)
        for _, entry in ipairs(bite) do
            look_at(entry)
            if is_enough() then
                return true
            end
        end
        if #bite < size then
            return false
        end
        size = math.min(2 * size, BITE)
    end
    return true
end

table.insert(events, 1, walk() and before or '')
return events
