-- event_status.lua - tell how an event is, and how its deliveries stand.
--
-- ARGV  1 id, 2 `content` when the body is wanted, also of an event that has left
--       the log and is kept for jobs or dead letters, else -
-- Returns what lib/event_status.lua has of it, the body or "", and 1 when it is in
-- the log, else 0; or false when there is no such event (any more).
--
-- Atomic: what it counts is of one moment.
--
-- Repeated: it changes nothing.
--
-- uses: shard, event_status

local event, wants_content = ARGV[1], ARGV[2] == 'content'
local entry = redis.call('XRANGE', p .. 'log', event, event)[1]
local flat = entry and entry[2] or
    wants_content and redis.call('HGETALL', p .. 'kept:' .. event) or {}
if #flat == 0 then
    return false
end

local fields = {}
for i = 1, #flat, 2 do
    fields[flat[i]] = flat[i + 1]
end
local status = status_of(event, fields)
status[#status + 1] = wants_content and fields.b or ''
status[#status + 1] = entry and 1 or 0
return status
