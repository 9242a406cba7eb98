-- leave.lua - remove a consumer that has nothing pending.
--
-- ARGV  1 group, 2 consumer, 3... streams
-- Returns the number of entries that are still pending for it.
--
-- Atomic: deleting a consumer drops what it holds, so it must hold nothing at
-- that very moment; what it does hold is left for others to take over.
--
-- Repeated: a consumer that is removed holds nothing.
--
-- uses: shard

local left = 0
for i = 3, #ARGV do
    local key = p .. ARGV[i]
    local held = redis.pcall('XPENDING', key, ARGV[1], '-', '+', 1, ARGV[2])
    if not held.err then
        if #held == 0 then
            redis.call('XGROUP', 'DELCONSUMER', key, ARGV[1], ARGV[2])
        else
            left = left + #held
        end
    end
end
return left
