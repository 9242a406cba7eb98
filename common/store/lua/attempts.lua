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

local HEAD = '<BI8I8I8B'
local VERSION = 1
local VERSIONS_MAX = 31 -- what begins with a higher byte was never a version
local HEAD_BYTES = 26
local ATTEMPT_BYTES = 33
local KEPT = 8

-- Where the first `count` attempts of a log end.
local function end_of(count)
    return HEAD_BYTES + count * ATTEMPT_BYTES
end

-- How many bytes the bodies of the first `count` attempts have.
local function bodies_bytes(log, count)
    local sum = 0
    for i = 1, count do
        local low, high = string.byte(log, end_of(i) - 1, end_of(i))
        sum = sum + low + 256 * high
    end
    return sum
end

local function count_of(log)
    return string.byte(log, HEAD_BYTES)
end

-- Most have no bodies, and are not looked at further.
local function is_readable(log)
    local count = count_of(log)
    if string.byte(log) ~= VERSION or not count or count > KEPT or
        #log < end_of(count) then
        return false
    end
    return #log == end_of(count) or
        #log == end_of(count) + bodies_bytes(log, count)
end

-- Whether the newest attempt of `added` is in the log.
local function has_newest(log, added)
    if count_of(added) == 0 then
        return false
    end
    local newest = string.sub(added, HEAD_BYTES + 1, end_of(1))
    local last = end_of(count_of(log))
    local at = HEAD_BYTES
    repeat
        at = string.find(log, newest, at + 1, true)
    until not at or (at - HEAD_BYTES - 1) % ATTEMPT_BYTES == 0
    return at ~= nil and at < last
end

-- The bodies of the first `kept` attempts.
local function bodies_of(log, kept)
    local first = end_of(count_of(log)) + 1
    if first > #log then
        return ''
    end
    return string.sub(log, first, first - 1 + bodies_bytes(log, kept))
end

local function joined(log, added)
    local _, delivered, failed, bytes, old = struct.unpack(HEAD, log)
    local _, d, f, b, new = struct.unpack(HEAD, added)
    local kept = math.min(old, KEPT - new)
    return struct.pack(HEAD, VERSION, delivered + d, failed + f, bytes + b,
            new + kept) ..
        string.sub(added, HEAD_BYTES + 1, end_of(new)) ..
        string.sub(log, HEAD_BYTES + 1, end_of(kept)) ..
        bodies_of(added, new) .. bodies_of(log, kept)
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
