-- bury.lua - begin to remove a dead process, or go on with it.
--
-- ARGV  1 name, 2 role and 3 incarnation of the dead process, 0 when that is not
--       known, 4 name and 5 incarnation of the caller, 6 ms after which a
--       heartbeat is missing, 7 ms for which nobody else removes it
-- Returns the incarnation to be removed, "0" when the caller is not to remove
-- it: it lives, it is the caller, somebody else removes it, or has.
--
-- Atomic: one process removes another at a time, and only one whose heartbeat is
-- missing.  From the first time on the process is fenced (heartbeat.lua), so
-- what was begun is gone on with, whatever its heartbeat.  Without a record the
-- incarnation is the time of its last heartbeat: no life was later.
--
-- Repeated: the time of the caller begins anew.
--
-- uses: shard, memory, numbers, time, instance, heartbeat, removing

local name, role, incarnation = ARGV[1], ARGV[2], ARGV[3]
local reaper = ARGV[4] .. ':' .. ARGV[5]
local now = now_ms()

if name == ARGV[4] or incarnation_of(ARGV[4]) ~= tonumber(ARGV[5]) then
    return '0'
end
local beat = redis.call('ZSCORE', p .. 'heartbeats:' .. role, name)
if incarnation == '0' then
    incarnation = digits(incarnation_of(name) or tonumber(beat or 0))
end
local victim = name .. ':' .. incarnation
local lock = redis.call('HGET', p .. 'removing', victim)
if lock then
    local _, is_held, holder = parse_removing(lock, now)
    if is_held and holder ~= reaper then
        return '0'
    end
elseif not beat or not is_missing(tonumber(beat), now, tonumber(ARGV[6])) or
    (incarnation_of(name) or tonumber(incarnation)) ~= tonumber(incarnation) then
    return '0'
end
pass_memory_limit()
redis.call('HSET', p .. 'removing', victim, role .. ' ' .. reaper .. ' ' ..
    digits(now + ARGV[7]))
return incarnation
