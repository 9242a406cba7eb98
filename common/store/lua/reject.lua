-- reject.lua - take an entry that can't be used out of its stream.
--
-- ARGV  1 epoch, 2 stream: log or pings, or fanout for an event that is open,
--       3 entry, 4 what is wrong with it, 5 (log) id of the event before it, as the caller knows the position
-- Returns {1 when the entry was moved by this call, else 0, the position by
-- now}.  FENCED: the epoch is over.
--
-- Atomic: passing the entry of `log`, dropping that of `pings`, or ending the
-- event's fan-out, and keeping a copy of it, with the reason, in `rejected`.
--
-- Copies are bounded, as what is wrong may be their size.
--
-- Repeated: the position is another one by then, or the entry is gone, and
-- nothing is changed.  One that Redis has lost does not move the position beyond
-- the end of the log (begin.lua).
--
-- uses: shard, memory, fenced, position_get, position_set

local stream, entry, why = ARGV[2], ARGV[3], ARGV[4]
local KEPT, FIELDS, BYTES = 1000, 32, 16384

check_owner(ARGV[1])
pass_memory_limit()
local position, begun = get_position()
local found = redis.call('XRANGE',
    p .. (stream == 'pings' and stream or 'log'), entry, entry)[1]
if stream == 'fanout' then
    if redis.call('HDEL', p .. 'fanout', entry) == 0 then
        return { 0, position }
    end
elseif stream == 'pings' then
    if redis.call('XDEL', p .. 'pings', entry) == 0 then
        return { 0, position }
    end
elseif position == ARGV[5] and found then
    position = entry
    set_position(entry, begun + 1)
else
    return { 0, position }
end

local copy = { 'v', 1, 'from', stream, 'id', entry, 'why', why }
local fields = found and found[2] or {}
for i = 1, math.min(#fields, 2 * FIELDS) do
    copy[#copy + 1] = string.sub(fields[i], 1, BYTES)
end
redis.call('XADD', p .. 'rejected', 'MAXLEN', '~', KEPT, '*', unpack(copy))
return { 1, position }
