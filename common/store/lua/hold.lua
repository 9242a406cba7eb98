-- hold.lua - take an entry that can't be interpreted out of its stream, to be
-- tried again later.
--
-- ARGV  1 epoch; - for a lane, whose entry only who claimed it can acknowledge,
--       2 stream: log, pings, outbox, bulk or verify, 3 entry, 4 what can't be
--       interpreted, 5 how many times it is tried, 6 (log) id of the event before
--       it, as the caller knows the position
-- Returns {"held", "dead" when that was the last time, or "none" when the entry is
-- none of the caller's any more; how many times it was tried; the position by
-- now}.  FENCED: the epoch is over.
--
-- Atomic: passing the entry of `log`, dropping that of `pings`, or acknowledging
-- that of a lane, and keeping it in `held` or `dead`.  An event that comes back is
-- at the end of the log under another id: nothing of it has begun.
--
-- Repeated: the position is another one by then, or the entry is gone, and
-- nothing is changed.
--
-- uses: shard, memory, fenced, position_get, position_set, held_end, wake

local stream, entry, why = ARGV[2], ARGV[3], ARGV[4]
local position, begun = get_position()

if stream == 'log' or stream == 'pings' then
    check_owner(ARGV[1])
end
pass_memory_limit()
local found = redis.call('XRANGE', p .. stream, entry, entry)[1]
if not found then
    if stream ~= 'log' and stream ~= 'pings' then
        redis.call('XACK', p .. stream, 'deliver', entry)
    end
    return { 'none', 0, position }
end

if stream == 'log' then
    if position ~= ARGV[6] then
        return { 'none', 0, position }
    end
    position = entry
    set_position(entry, begun + 1)
elseif stream ~= 'pings' and
    redis.call('XACK', p .. stream, 'deliver', entry) == 0 then
    return { 'none', 0, position }
end
redis.call('XDEL', p .. stream, entry)

local tries = 1
for i = 1, #found[2], 2 do
    if found[2][i] == 'h' then
        tries = (tonumber(found[2][i + 1]) or 0) + 1
    end
end
local is_held = hold_or_give_up(stream, found[2], tries, why, tonumber(ARGV[5]))
if is_held then
    wake_owner()
end
return { is_held and 'held' or 'dead', tries, position }
