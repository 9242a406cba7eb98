-- reshard_add.lua - order another number of shards.
--
-- ARGV  1 shards that there are, 2 shards that there are to be
-- Returns 1, or 0 while an order stands, or when there are other shards by now.
--
-- Atomic: of several orders one stands.
--
-- Repeated: it stands.
--
-- uses: shard, time, numbers, reshard_shards

local key = p .. 'reshard'
local STANDS = { draining = true, moving = true, dropping = true,
                 renaming = true }

local r = redis.call('HMGET', key, 'state', 'from', 'to')
if STANDS[r[1]] or not are_shards(ARGV[1], unpack(r)) then
    return 0
end
redis.call('HSET', key, 'v', 1, 'state', 'draining', 'from', ARGV[1], 'to',
    ARGV[2], 'began', digits(now_ms()), 'ended', 0, 'why', '', 'keys', 0, 'of',
    0)
return 1
