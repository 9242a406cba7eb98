-- tries.lua - add to the attempt logs of subscriptions.
--
-- ARGV  for each subscription, which is named once: TD, CD, a log of what is
--       to be added (common/store/attempt_log.h)
-- Returns the number of logs written.
--
-- Atomic: totals and attempts.  A subscription that has ended, and took its log
-- along, gets none, so none is left behind.  A log of a later version is left
-- as it is; one that can't be read is replaced.
--
-- One call of Redis for all of a topic costs half of what one for each would.
--
-- uses: prelude

local TOTALS = '<BI8I8I8'
local VERSION = 1
local VERSIONS_MAX = 31 -- what begins with a higher byte was never a version
local TOTALS_BYTES = 25
local ATTEMPT_BYTES = 19
local ATTEMPTS_BYTES = 8 * ATTEMPT_BYTES

local function attempts(log)
    return string.sub(log, TOTALS_BYTES + 1)
end

local function is_later(log)
    local version = string.byte(log) or 0
    return version > VERSION and version <= VERSIONS_MAX
end

local function is_readable(log)
    local rest = #log - TOTALS_BYTES
    return string.byte(log) == VERSION and rest >= 0 and
        rest % ATTEMPT_BYTES == 0
end

local function joined(log, added)
    if not is_readable(log) then
        return added
    end
    local _, delivered, failed, bytes = struct.unpack(TOTALS, log)
    local _, d, f, b = struct.unpack(TOTALS, added)
    return struct.pack(TOTALS, VERSION, delivered + d, failed + f, bytes + b)
        .. string.sub(attempts(added) .. attempts(log), 1, ATTEMPTS_BYTES)
end

local function values(key, cds)
    return #cds > 0 and redis.call('HMGET', p .. key, unpack(cds)) or {}
end

-- `added` are the logs of what is to be added, by CD.
local function add(td, cds, added)
    local fields, new = {}, {}
    local function set(cd, log)
        fields[#fields + 1] = cd
        fields[#fields + 1] = log
    end
    for i, log in ipairs(values('tries:' .. td, cds)) do
        if not log then
            new[#new + 1] = cds[i]
        elseif not is_later(log) then
            set(cds[i], joined(log, added[cds[i]]))
        end
    end
    for i, record in ipairs(values('sub:' .. td, new)) do
        if record then
            set(new[i], added[new[i]])
        end
    end
    if #fields > 0 then
        redis.call('HSET', p .. 'tries:' .. td, unpack(fields))
    end
    return #fields / 2
end

local topics = {}
for i = 1, #ARGV, 3 do
    local topic = topics[ARGV[i]] or { cds = {}, added = {} }
    topics[ARGV[i]] = topic
    topic.cds[#topic.cds + 1] = ARGV[i + 1]
    topic.added[ARGV[i + 1]] = ARGV[i + 2]
end

local written = 0
for td, topic in pairs(topics) do
    written = written + add(td, topic.cds, topic.added)
end
return written
