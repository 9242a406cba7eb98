-- tries.lua - add to the attempt logs of subscriptions.
--
-- ARGV  for each subscription, which is named once: TD, CD, a log of what is
--       to be added (common/store/attempt_log.h)
-- Returns the number of logs written.
--
-- Atomic: totals and attempts.  A subscription that has ended, and took its log
-- along, gets none, so none is left behind.  A log of another version is left
-- as it is.

local TOTALS = '<BI8I8I8'
local VERSION = 1
local TOTALS_BYTES = 25
local ATTEMPTS_BYTES = 8 * 19

local function attempts(log)
    return string.sub(log, TOTALS_BYTES + 1)
end

local function joined(log, added)
    if string.byte(log) ~= VERSION then
        return nil
    end
    local _, delivered, failed, bytes = struct.unpack(TOTALS, log)
    local _, d, f, b = struct.unpack(TOTALS, added)
    return struct.pack(TOTALS, VERSION, delivered + d, failed + f, bytes + b)
        .. string.sub(attempts(added) .. attempts(log), 1, ATTEMPTS_BYTES)
end

-- TD -> the CDs of that topic and what is to be added to each.  One call of
-- Redis for all of a topic costs half of what one for each would.
local topics = {}
for i = 1, #ARGV, 3 do
    local topic = topics[ARGV[i]] or { cds = {}, added = {} }
    local at = #topic.cds + 1
    topics[ARGV[i]] = topic
    topic.cds[at], topic.added[at] = ARGV[i + 1], ARGV[i + 2]
end

local function add(td, topic)
    local key, fields = p .. 'tries:' .. td, {}
    for i, log in ipairs(redis.call('HMGET', key, unpack(topic.cds))) do
        local cd, added = topic.cds[i], topic.added[i]
        local new = log and joined(log, added) or
            not log and has_sub(td, cd) and added
        if new then
            fields[#fields + 1] = cd
            fields[#fields + 1] = new
        end
    end
    if #fields > 0 then
        redis.call('HSET', key, unpack(fields))
    end
    return #fields / 2
end

local written = 0
for td, topic in pairs(topics) do
    written = written + add(td, topic)
end
return written
