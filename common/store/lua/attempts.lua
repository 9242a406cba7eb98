-- attempts.lua - add to the attempt logs of subscriptions.
--
-- ARGV  for each subscription, which is named once: TD, CD, a log of what is
--       to be added (common/store/attempt_log.h), with its newest attempt at
--       least
-- Returns the number of logs written.
--
-- Atomic: totals and attempts.  A subscription that has ended, and took its log
-- along, gets none, so none is left behind.  A log of a later version is left
-- as it is; one that can't be read is replaced.
--
-- Repeated: an added log whose newest attempt is in the stored log has been
-- added before, and is skipped.
--
-- One call of Redis for all of a topic costs half of what one for each would.
--
-- uses: shard

local TOTALS = '<BI8I8I8'
local VERSION = 1
local VERSIONS_MAX = 31 -- what begins with a higher byte was never a version
local TOTALS_BYTES = 25
local ATTEMPT_BYTES = 19
local ATTEMPTS_BYTES = 8 * ATTEMPT_BYTES

local function is_readable(log)
    local rest = #log - TOTALS_BYTES
    return string.byte(log) == VERSION and rest >= 0 and
        rest % ATTEMPT_BYTES == 0
end

-- Whether the newest attempt of `added` is in the log.
local function has_newest(log, added)
    local newest = string.sub(added, TOTALS_BYTES + 1,
        TOTALS_BYTES + ATTEMPT_BYTES)
    if newest == '' then
        return false
    end
    local at = TOTALS_BYTES
    repeat
        at = string.find(log, newest, at + 1, true)
    until not at or (at - TOTALS_BYTES - 1) % ATTEMPT_BYTES == 0
    return at ~= nil
end

local function joined(log, added)
    local _, delivered, failed, bytes = struct.unpack(TOTALS, log)
    local _, d, f, b = struct.unpack(TOTALS, added)
    return struct.pack(TOTALS, VERSION, delivered + d, failed + f, bytes + b)
        .. string.sub(string.sub(added, TOTALS_BYTES + 1) ..
            string.sub(log, TOTALS_BYTES + 1), 1, ATTEMPTS_BYTES)
end

-- What is to be stored in place of a log; nil when it stays.
local function successor(log, added)
    local version = string.byte(log) or 0
    if version > VERSION and version <= VERSIONS_MAX then
        return nil
    end
    if not is_readable(log) then
        return added
    end
    return not has_newest(log, added) and joined(log, added) or nil
end

-- The logs of `cds`, with those to be stored now; those that were not stored
-- yet are named in `new`.
local function add_stored(td, cds, added, fields, new)
    for i, log in ipairs(redis.call('HMGET', p .. 'attempts:' .. td,
        unpack(cds))) do
        local cd = cds[i]
        local stored = log and successor(log, added[cd])
        if not log then
            new[#new + 1] = cd
        elseif stored then
            fields[#fields + 1] = cd
            fields[#fields + 1] = stored
        end
    end
end

local function add_new(td, new, added, fields)
    for i, record in ipairs(redis.call('HMGET', p .. 'sub:' .. td,
        unpack(new))) do
        if record then
            fields[#fields + 1] = new[i]
            fields[#fields + 1] = added[new[i]]
        end
    end
end

-- `added` are the logs of what is to be added, by CD.
local function add(td, cds, added)
    local fields, new = {}, {}
    add_stored(td, cds, added, fields, new)
    if #new > 0 then
        add_new(td, new, added, fields)
    end
    if #fields > 0 then
        redis.call('HSET', p .. 'attempts:' .. td, unpack(fields))
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
