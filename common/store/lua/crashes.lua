-- crashes.lua - count the processes that ended while they held an entry.
--
-- ARGV  1 taken: the entries were taken over (each of the first two times counts
--       one: they went on together with the others), or alone: one is about to
--       be sent alone (each time counts one),
--       2 token of this question, random hex,
--       3... pairs of a lane and an entry
-- Returns the count of each entry, 0 when it is not pending any more.
--
-- Atomic: an entry has a count only while it is pending; `cleared` of settle
-- drops it.  The count is in Redis before the entry is sent, so it survives
-- what the entry may do to its process.
--
-- Repeated: the count is kept as `COUNT TOKEN`, with the token of the question
-- that counted last; a question counts an entry once.
--
-- uses: shard, memory, pending

local TOGETHER = 2 -- crashes that others may have caused

local kind, token = ARGV[1], ARGV[2]

local function count(field)
    local known, last = string.match(
        redis.call('HGET', p .. 'crashes', field) or '0 ', '^(%d+) (.*)$')
    known = known or 0
    if last == token or (kind == 'taken' and tonumber(known) >= TOGETHER) then
        return tonumber(known)
    end
    redis.call('HSET', p .. 'crashes', field, known + 1 .. ' ' .. token)
    return known + 1
end

pass_memory_limit()
local counts = {}
for i = 3, #ARGV, 2 do
    local field = ARGV[i] .. ' ' .. ARGV[i + 1]
    if is_pending(ARGV[i], ARGV[i + 1]) then
        counts[#counts + 1] = count(field)
    else
        redis.call('HDEL', p .. 'crashes', field)
        counts[#counts + 1] = 0
    end
end
return counts
