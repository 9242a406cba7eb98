-- replicate.lua - bring this shard's replica of a `*` subscription up to date.
--
-- ARGV  1 TD, 2 CD, 3 mode s or u, 4 generation of the confirmed request,
--       5 the record of the home shard and 6 the end of its lease in s (mode
--       s), 7 seconds for which a removal is remembered
-- Returns 1 when the replica is as the request says, 0 when a newer request has
-- been here before.
--
-- Atomic: record, index entry, lease and cursor mode, which each shard decides
-- for itself; that the subscription is ordered is the home shard's to say, and
-- so is what becomes of it (`changes`).
-- Replicas may arrive in any order: a removed one leaves its generation behind
-- for a while, so an older one that comes late does not bring it back.
--
-- Repeated: the record of the same generation is written again as it was.
--
-- uses: shard, record, subscription, subscription_remove, activation, host
-- uses: paused

local td, cd, mode, generation = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local key = td .. ':' .. cd
local removed = redis.call('GET', p .. 'removed:' .. key)
local record, old = get_sub(td, cd)

if (tonumber(removed or 0) or 0) > generation then
    return 0
end
if record and (not old or old.generation > generation) then
    return 0
end
if mode == 'u' then
    redis.call('SET', p .. 'removed:' .. key, ARGV[4], 'EX', ARGV[7])
    remove_subscription(td, cd)
    return 1
end

-- It was on its way when an operator paused it.
local function pause(sub)
    -- uses: pause

    begin_pause(td, cd, sub, '*')
end

local sub = parse_record(ARGV[5])
sub.expires = tonumber(ARGV[6])
activate(td, cd, sub, sub.flags == 'o', '*', host_id(sub.callback), not record)
if not record and is_paused(td, cd) then
    pause(sub)
end
return 1
