-- renew.lua - keep entries that a process still holds from being taken over.
--
-- ARGV  1 group, 2 consumer, 3... pairs of a stream and an entry
-- Returns the number of entries whose idle time begins anew.
--
-- Atomic: an entry is looked at and claimed in one step, so nothing is taken
-- back from who has taken it over meanwhile.
--
-- Repeated: the idle time begins anew once more.
--
-- uses: shard

local group, consumer = ARGV[1], ARGV[2]
local renewed = 0
for i = 3, #ARGV, 2 do
    local key, entry = p .. ARGV[i], ARGV[i + 1]
    local held = redis.pcall('XPENDING', key, group, entry, entry, 1, consumer)
    if not held.err and #held > 0 then
        renewed = renewed + #redis.call('XCLAIM', key, group, consumer, 0,
            entry, 'JUSTID')
    end
end
return renewed
