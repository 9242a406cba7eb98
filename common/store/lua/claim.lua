-- claim.lua - become the owner of a shard, or the coordinator.
--
-- ARGV  1 name and 2 incarnation of the process, 3 ms that the ownership lasts
-- Returns {1, EPOCH} when it is the caller's now, else {0, MS, NAME}: whose it
-- is, and how long it lasts unless it is extended.
--
-- Atomic: whether the row is free, and its new epoch: Redis' time, and more than
-- the one before.  So one from before a FLUSHALL, or that a replica or a file
-- did not have yet when Redis went on from it, does not become valid again.
--
-- Repeated: the caller owns it, under the same epoch.
--
-- uses: shard, time, memory, numbers, lease

local name, incarnation = ARGV[1], ARGV[2]
local now = now_ms()
local row = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
local is_mine = row[1] == name and row[2] == incarnation

local last = string.match(row[3] or '', '^%d+$')

if last and is_valid(row[4], now) then
    if is_mine then
        return { 1, row[3] }
    end
    return { 0, digits(row[4] - now), row[1] }
end
pass_memory_limit()
local epoch = digits(math.max((last or 0) + 1, now))
redis.call('HSET', p .. 'owner', 'name', name, 'incarnation', incarnation,
    'epoch', epoch, 'until', digits(now + ARGV[3]))
return { 1, epoch }
