-- validated.lua - apply what came of asking a topic about a subscribe request.
--
-- ARGV  1 TD, 2 CD, 3 generation, 4 outcome: valid, denied, or again (the
--       fetch failed for now), 5 reason (denied), 6 ms until the next try,
--       7 failures so far, 8 topic (again), 9 entry of `pings` to acknowledge
-- Returns applied, or superseded (another request waits, none does any more,
-- or a call before this one has applied the outcome).
--
-- Atomic: the acknowledgement and what follows: the verification, the denial
-- that takes the request's place, or the next try, and only while the request
-- that was asked about is the one that waits.
--
-- Repeated: only who still held the entry may queue anything, so nothing is
-- changed.
--
-- uses: shard, numbers, time, denial

local td, cd, generation, outcome = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = td .. ':' .. cd
local request = p .. 'request:' .. key .. ':s'

if redis.call('XACK', p .. 'pings', 'spread', ARGV[9]) == 0 then
    return 'superseded'
end
local r = redis.call('HMGET', request, 'g', 't', 'tg', 'c')
if tonumber(r[1]) ~= tonumber(generation) then
    return 'superseded'
end

if outcome == 'again' then
    redis.call('ZADD', p .. 'retry', digits(now_ms() + ARGV[6]),
        'w ' .. ARGV[7] .. ' ' .. key .. ':s ' .. generation .. ' ' ..
        ARGV[8])
elseif outcome == 'valid' then
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':s',
        'g', generation)
else
    tell_denial({ td = td, cd = cd, generation = redis.call('INCR', p .. 'gen'),
                  topic = r[2], given = r[3], callback = r[4],
                  reason = ARGV[5] })
end
return 'applied'
