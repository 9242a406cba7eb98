-- pull_page.lua - what a shard has for who pulls, after a cursor.
--
-- ARGV  1 cursor: the id of an event, 2 most events, 3 most bytes of their bodies
--       (one event is given in any case), 4 topics in their normal spelling,
--       separated by spaces; "" for every topic
-- Returns {last id that was looked at, or the cursor; 1 when there may be more
-- behind it, else 0; how many events for these topics have left the log up to
-- there; then for each event its id, topic, content type, content coding or
-- false, body}.
--
-- What has left is counted first, in bites: a call that doesn't come to the end of
-- it gives no event, and the one after it goes on there.  So each is counted once
-- by who goes on from page to page.
--
-- A cursor that is ahead of the log (it was lost, and ids began anew) stays where
-- it is, and finds nothing.
--
-- Repeated: it changes nothing.
--
-- uses: shard, ids, horizon, pull_event, levels

local BITE = 16             -- entries may be a MiB each; the first bites are smaller
local LOOKED_MAX = 512      -- entries of the log in one call
local BYTES_MAX = 1048576   -- of these; the last one may pass it
local DEPARTED_BITE = 500
local DEPARTED_MAX = 2000   -- in one call; a ms or two each thousand

local reached = ARGV[1]
local max_events, max_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local is_everything = ARGV[4] == ''
local topics = {}
for topic in string.gmatch(ARGV[4], '%S+') do
    topics[topic] = true
end

local known = {} -- topic -> whether it is one of them

local function find_match(topic)
    for _, level in ipairs(levels_of(topic)) do
        if topics[level] then
            return true
        end
    end
    return false
end

local function matches(topic)
    if known[topic] == nil then
        known[topic] = is_everything and not is_reserved(topic) or
            find_match(topic)
    end
    return known[topic]
end

-- How many have left since, and whether that were all.
local function count_departed()
    local horizon, missed, looked = get_horizon(), 0, 0
    if not id_before(reached, horizon) then
        return 0, true
    end
    while looked < DEPARTED_MAX do
        local bite = redis.call('XRANGE', p .. 'departed', '(' .. reached,
            '(' .. horizon, 'COUNT', DEPARTED_BITE)
        for _, entry in ipairs(bite) do
            reached = entry[1]
            missed = missed + (matches(entry[2][2]) and 1 or 0)
        end
        if #bite < DEPARTED_BITE then
            return missed, true
        end
        looked = looked + #bite
    end
    return missed, false
end

local events, count, body_bytes = {}, 0, 0
local looked, looked_bytes = 0, 0

local function is_enough()
    return count >= max_events or body_bytes >= max_bytes or
        looked >= LOOKED_MAX or looked_bytes >= BYTES_MAX
end

-- Whether there was capacity for it.
local function look_at(entry)
    local event, bytes = pull_event(entry)
    if event and matches(event.t) then
        if count > 0 and body_bytes + #event.b > max_bytes then
            return false
        end
        for _, value in ipairs({ entry[1], event.t, event.ct,
                                 event.ce or false, event.b }) do
            events[#events + 1] = value
        end
        count, body_bytes = count + 1, body_bytes + #event.b
    end
    reached, looked, looked_bytes = entry[1], looked + 1, looked_bytes + bytes
    return true
end

-- Returns whether there may be more.
local function look_at_log()
    local size = 1
    while not is_enough() do
        local bite = redis.call('XRANGE', p .. 'log', '(' .. reached, '+',
            'COUNT', size)
        for i, entry in ipairs(bite) do
            if not look_at(entry) or (is_enough() and i < #bite) then
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

-- Of a log without entries, which the cursor may be behind.
local function pass_emptied_log()
    local info = redis.pcall('XINFO', 'STREAM', p .. 'log')
    for i = 1, info.err and 0 or #info, 2 do
        if info[i] == 'last-generated-id' and
            id_before(reached, info[i + 1]) then
            reached = info[i + 1]
        end
    end
end

local missed, were_all = count_departed()
local are_more = not were_all or look_at_log()
if not are_more and redis.call('XLEN', p .. 'log') == 0 then
    pass_emptied_log()
end
return { reached, are_more and 1 or 0, missed, unpack(events) }
