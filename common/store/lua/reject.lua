-- reject.lua - take an entry that can't be used out of its stream.
--
-- ARGV  1 stream: log or pings, 2 entry, 3 what is wrong with it
-- Returns 1 when the entry was moved by this call, else 0.
--
-- Atomic: acknowledging the entry and keeping a copy of it, with the reason, in
-- `rejected`.  An event counts as fanned out, so that the low watermark passes
-- it; when the group was lost and it is read again, its mark says so.
--
-- Copies are bounded, as what is wrong may be their size.  The acknowledgement
-- comes first: Redis at its memory limit refuses a script whose first write
-- needs memory.
--
-- Repeated: an entry that is no longer pending was moved before, by this call
-- or by another process after a takeover, and nothing is changed.
--
-- uses: shard

local stream, entry, why = ARGV[1], ARGV[2], ARGV[3]
local KEPT, FIELDS, BYTES = 1000, 32, 16384

if redis.call('XACK', p .. stream, 'spread', entry) == 0 then
    return 0
end
if stream == 'log' then
    if redis.call('HGET', p .. 'fanout', entry) == 'done' then
        return 0
    end
    redis.call('HSET', p .. 'fanout', entry, 'done')
end

local copy = { 'v', 1, 'from', stream, 'id', entry, 'why', why }
local found = redis.call('XRANGE', p .. stream, entry, entry)[1]
local fields = found and found[2] or {}
for i = 1, math.min(#fields, 2 * FIELDS) do
    copy[#copy + 1] = string.sub(fields[i], 1, BYTES)
end
redis.call('XADD', p .. 'rejected', 'MAXLEN', '~', KEPT, '*', unpack(copy))
return 1
