-- topic_status.lua - how a topic does, for operators.
--
-- ARGV  1 topic in its normal spelling, 2 TD
-- Returns {subscriptions; id of its newest event that was found or "", events that
-- were found in all, of the last minute, of the last hour, that have not been
-- fanned out, jobs of theirs that are not settled; time (ms) down to which the log
-- was looked at, "" when that was all of it}.
--
-- Its events are those of the log for subscriptions to it: of a dotted topic also
-- those of topics below it.  The newest part of the log is looked at, no more.
--
-- Atomic: it is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, time, ids, position_get, subscription_count, pull_event
-- uses: levels

local topic, td = ARGV[1], ARGV[2]
local BITE = 16            -- entries may be a MiB each; the first bites are smaller
local LOOKED_MAX = 2000    -- entries of the log
local BYTES_MAX = 2097152  -- of these; the last bite may pass it
local MINUTE_MS, HOUR_MS = 60000, 3600000

local now, position = now_ms(), get_position()
local newest, kept, minute, hour, waiting, jobs = '', 0, 0, 0, 0, 0

local known = {} -- topic -> whether its events are for this one

local function is_of_topic(name)
    if known[name] == nil then
        known[name] = false
        for _, level in ipairs(levels_of(name)) do
            known[name] = known[name] or level == topic
        end
    end
    return known[name]
end

local function count(id)
    local age_ms = now - tonumber(string.match(id, '^%d+'))
    newest = newest == '' and id or newest
    kept = kept + 1
    minute = minute + (age_ms < MINUTE_MS and 1 or 0)
    hour = hour + (age_ms < HOUR_MS and 1 or 0)
    if id_before(position, id) or
        redis.call('HEXISTS', p .. 'fanout', id) == 1 then
        waiting = waiting + 1
    end
    jobs = jobs + (tonumber(redis.call('HGET', p .. 'refs', id) or 0) or 0)
end

local before, looked, bytes = '+', 0, 0

-- Returns the time down to which the log was looked at.
local function walk()
    local most = 1
    while looked < LOOKED_MAX and bytes < BYTES_MAX do
        local bite = redis.call('XREVRANGE', p .. 'log', before, '-', 'COUNT',
            most)
        for _, entry in ipairs(bite) do
            local fields, size = pull_event(entry)
            if fields and is_of_topic(fields.t) then
                count(entry[1])
            end
            before, looked, bytes = '(' .. entry[1], looked + 1, bytes + size
        end
        if #bite < most then
            return ''
        end
        most = math.min(2 * most, BITE)
    end
    return string.match(before, '%d+')
end

local since = walk()
return { count_of_topic(td), newest, kept, minute, hour, waiting, jobs, since }
