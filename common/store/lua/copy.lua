-- copy.lua - bring this shard's copy of a `*` subscription up to date.
--
-- ARGV  1 TD, 2 CD, 3 mode s or u, 4 generation of the confirmed request,
--       5 the record and 6 the end of the lease in s (mode s),
--       7 seconds for which a removal is remembered
-- Returns 1 when the copy is as the request says, 0 when a newer request has
-- been here before.
--
-- Atomic: record, index entry and lease.  Copies may arrive in any order: a
-- removed one leaves its generation behind for a while, so an older copy that
-- comes late does not bring it back.

local td, cd, mode, generation = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local key = td .. ':' .. cd
local removed = redis.call('GET', p .. 'removed:' .. key)
local record = redis.call('GET', p .. 'sub:' .. key)

if removed and tonumber(removed) > generation then
    return 0
end
if record then
    local sub = parse_sub(record)
    if not sub or sub.generation > generation then
        return 0
    end
end
if mode == 'u' then
    redis.call('SET', p .. 'removed:' .. key, ARGV[4], 'EX', ARGV[7])
    end_subscription(td, cd)
    return 1
end
redis.call('SET', p .. 'sub:' .. key, ARGV[5])
redis.call('ZADD', p .. 'subs:' .. td, 0, cd)
redis.call('ZADD', p .. 'lease', ARGV[6], key)
return 1
