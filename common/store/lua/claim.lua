-- claim.lua - become the owner of a shard, or the coordinator.
--
-- ARGV  1 name and 2 incarnation of the process, 3 ms that the ownership lasts
-- Returns {1, EPOCH} when it is the caller's now, else {0, MS, NAME}: whose it
-- is, and how long it lasts unless it is extended.
--
-- Atomic: whether the row is free, and its new epoch.  The first epoch is Redis'
-- time, so that one from before a FLUSHALL does not become valid again.
--
-- Repeated: the caller owns it, under the same epoch.
--
-- uses: shard, time, memory, numbers, lease

local name, incarnation = ARGV[1], ARGV[2]
local now = now_ms()
local row = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
local is_mine = row[1] == name and row[2] == incarnation

if is_valid(row[4], now) then
    if is_mine then
        return { 1, row[3] }
    end
    return { 0, digits(row[4] - now), row[1] }
end
pass_memory_limit()
local epoch = digits(row[3] and row[3] + 1 or now)
redis.call('HSET', p .. 'owner', 'name', name, 'incarnation', incarnation,
    'epoch', epoch, 'until', digits(now + ARGV[3]))
return { 1, epoch }
