-- health_orders.lua - the coordinator looks what operators have asked for, and
-- says how far it is.
--
-- ARGV  1 epoch of the coordinator, 2 an item that is done or "", 3 state, 4
--       progress (JSON) and 5 number of the fsck, the state "" to leave them
-- Returns {number of the last check that was asked for, number of the last fsck, its
--          state (requested, running, done, or ""), 1 when it repairs, an item
--          of the admin API or ""}.
-- FENCED: the caller is not the coordinator.
--
-- Atomic: only the coordinator moves an fsck on.  An item stays until it is done,
-- so another coordinator goes on with it.
--
-- Repeated: the same is stored.
--
-- uses: shard, fenced

local state = p .. 'health_state'

check_owner(ARGV[1])
if ARGV[2] ~= '' then
    redis.call('LREM', p .. 'health_items', 1, ARGV[2])
end
-- One that was asked for meanwhile is another one.
if ARGV[3] ~= '' and redis.call('HGET', state, 'fsck') == ARGV[5] then
    if redis.call('HGET', state, 'fsck_state') == 'requested' then
        redis.call('DEL', p .. 'health_attempts') -- each thing has all anew
    end
    redis.call('HSET', state, 'fsck_state', ARGV[3], 'fsck_progress', ARGV[4])
end
local f = redis.call('HMGET', state, 'asked', 'fsck', 'fsck_state',
    'fsck_repair')
return { tonumber(f[1] or 0) or 0, tonumber(f[2] or 0) or 0, f[3] or '',
         f[4] == '1' and 1 or 0,
         redis.call('LINDEX', p .. 'health_items', 0) or '' }
