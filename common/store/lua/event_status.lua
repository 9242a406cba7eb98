-- event_status.lua - tell how an event is, and how its deliveries stand.
--
-- ARGV  1 id, 2 body, when the body is wanted, else -
-- Returns what lib/event_status.lua has of it, and the body or "", or false when
-- the event is not in the log (any more).
--
-- Atomic: what it counts is of one moment.
--
-- Repeated: it changes nothing.
--
-- uses: shard, event_status

local event = ARGV[1]
local entry = redis.call('XRANGE', p .. 'log', event, event)[1]
if not entry then
    return false
end

local fields = {}
for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
end
local status = status_of(event, fields)
status[#status + 1] = ARGV[2] == 'body' and fields.b or ''
return status
