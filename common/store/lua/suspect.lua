-- suspect.lua - count the workers that ended while they held an entry.
--
-- ARGV  1 taken: the entries were taken over (each of the first two times counts
--       one: they went on together with the others), or begin: one is about to
--       be sent alone (each time counts one),
--       2... pairs of a lane and an entry
-- Returns the count of each entry, 0 when it is not pending any more.
--
-- Atomic: an entry has a count only while it is pending; `healed` of settle
-- drops it.  The count is in Redis before the entry is sent, so it survives
-- what the entry may do to its worker.
--
-- uses: prelude

local crashes = p .. 'crashes'

local function count(field)
    if ARGV[1] == 'begin' then
        return redis.call('HINCRBY', crashes, field, 1)
    end
    local known = tonumber(redis.call('HGET', crashes, field) or 0)
    if known >= 2 then
        return known
    end
    return redis.call('HINCRBY', crashes, field, 1)
end

pass_memory_limit()
local counts = {}
for i = 2, #ARGV, 2 do
    local field = ARGV[i] .. ' ' .. ARGV[i + 1]
    if is_pending(ARGV[i], ARGV[i + 1]) then
        counts[#counts + 1] = count(field)
    else
        redis.call('HDEL', crashes, field)
        counts[#counts + 1] = 0
    end
end
return counts
