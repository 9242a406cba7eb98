-- sums_add.lua - add to the sums of the last five seconds and of the minute.
--
-- ARGV  1 how many fields are added to, then each of them and a number; then each
--       field that is set and its value.
-- Returns nothing.
--
-- The key `sums:S:N` has what was in the N-th S seconds since 1970.
--
-- Atomic: both sums, and when they end.
--
-- Repeated: it is not: what is lost with a reply may have been counted.
--
-- uses: shard, memory, numbers, time

local STEPS = { { 5, 660 }, { 60, 90000 } } -- s, and for how many s it is kept

local now = now_ms()
local added = tonumber(ARGV[1])

pass_memory_limit()
for _, step in ipairs(STEPS) do
    local key = p .. 'sums:' .. step[1] .. ':' ..
        digits(math.floor(now / 1000 / step[1]))
    for i = 2, 2 * added, 2 do
        redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1])
    end
    for i = 2 * added + 2, #ARGV, 2 do
        redis.call('HSET', key, ARGV[i], ARGV[i + 1])
    end
    redis.call('EXPIRE', key, step[2])
end
