-- reshard_note.lua - the mover says how far it is.
--
-- ARGV  1 its token, 2 ms that it stays the mover, 3 state, 4 keys that were looked
--       at, 5 of how many, 6 why it failed, else ""
-- Returns 1, or 0 when another is the mover by now.
--
-- Atomic: nobody tells for another.
--
-- Repeated: the same is written again.
--
-- uses: shard, time, numbers

local key, now = p .. 'reshard', now_ms()

if redis.call('HGET', key, 'mover') ~= ARGV[1] then
    return 0
end
local is_over = ARGV[3] == 'done' or ARGV[3] == 'failed'
redis.call('HSET', key, 'state', ARGV[3], 'keys', ARGV[4], 'of', ARGV[5],
    'why', ARGV[6], 'until', is_over and '0' or digits(now + ARGV[2]), 'ended',
    is_over and digits(now) or '0')
if is_over then
    redis.call('HDEL', key, 'mover')
end
return 1
