-- sums_list.lua - read sums that sums_add.lua has made.
--
-- ARGV  1 their length in s, 5 or 60, 2 the number of the newest one, - for that of
--       now, 3 how many
-- Returns {number of the newest one, then for each that is there its number and its
-- fields with their values, the newest first}.
--
-- Atomic: all of it is of one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, time

local length = tonumber(ARGV[1])
local newest = tonumber(ARGV[2]) or math.floor(now_ms() / 1000 / length)
local found = { digits(newest) }

for n = newest, newest - tonumber(ARGV[3]) + 1, -1 do
    local fields = redis.call('HGETALL', p .. 'sums:' .. ARGV[1] .. ':' .. digits(n))
    if #fields > 0 then
        found[#found + 1] = digits(n)
        found[#found + 1] = fields
    end
end
return found
