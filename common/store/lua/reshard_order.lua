-- reshard_order.lua - become the mover of an order, or go on as such.
--
-- ARGV  1 token of the mover, 2 ms that this lasts, 3 shards that there are, 4
--       shards that there are to be (0: no new order is given)
-- Returns {done, STATE, FROM, TO, EPOCH}: the caller is the mover, {busy, FROM,
-- TO} while another is, {none} when nothing is to be moved, or {stale} when there
-- are other shards by now than the caller knows.
--
-- Atomic: of many that ask one is the mover.  One that is new stages under an epoch
-- of its own, unless the old keys were being dropped: then it goes on.
--
-- Repeated: the caller is the mover.
--
-- uses: shard, time, numbers, reshard_shards

local key, now = p .. 'reshard', now_ms()
local MOVES = { draining = true, moving = true, dropping = true,
                renaming = true }
local r = redis.call('HMGET', key, 'state', 'from', 'to', 'epoch', 'mover',
    'until')
local state, from, to, epoch = r[1], r[2], r[3], tonumber(r[4] or 0)

if not MOVES[state] and ARGV[4] == '0' then
    return { 'none' }
elseif MOVES[state] and r[5] ~= ARGV[1] and tonumber(r[6] or 0) > now then
    return { 'busy', from, to }
end
if not MOVES[state] and not are_shards(ARGV[3], state, from, to) then
    return { 'stale' }
end
if not MOVES[state] then
    state, from, to = 'moving', ARGV[3], ARGV[4]
    redis.call('HSET', key, 'v', 1, 'state', state, 'from', from, 'to', to,
        'began', digits(now), 'ended', 0, 'why', '')
end
if (state == 'draining' or state == 'moving') and r[5] ~= ARGV[1] then
    epoch = epoch + 1
    redis.call('HSET', key, 'keys', 0, 'of', 0)
end
redis.call('HSET', key, 'mover', ARGV[1], 'epoch', digits(epoch), 'until',
    digits(now + ARGV[2]))
return { 'done', state, from, to, digits(epoch) }
