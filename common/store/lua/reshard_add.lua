-- reshard_add.lua - order another number of shards.
--
-- ARGV  1 shards that there are, 2 shards that there are to be
-- Returns 1, or 0 while an order stands.
--
-- Atomic: of several orders one stands.
--
-- Repeated: it stands.
--
-- uses: shard, time, numbers

local key = p .. 'reshard'
local STANDS = { draining = true, moving = true, dropping = true,
                 renaming = true }

if STANDS[redis.call('HGET', key, 'state')] then
    return 0
end
redis.call('HSET', key, 'v', 1, 'state', 'draining', 'from', ARGV[1], 'to',
    ARGV[2], 'began', digits(now_ms()), 'ended', 0, 'why', '', 'keys', 0, 'of',
    0)
return 1
