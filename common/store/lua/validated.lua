-- validated.lua - apply what came of asking a topic about a subscribe request.
--
-- ARGV  1 epoch, 2 TD, 3 CD, 4 generation, 5 topic, 6 outcome: valid, denied, or
--       again (the fetch failed for now), 7 reason (denied), 8 ms until the
--       next try, 9 failures so far, 10 number of the question (take.lua) that
--       has taken it
-- Returns applied, or superseded (another request waits, none does any more,
-- or a call before this one has applied the outcome).  FENCED: the epoch is
-- over, and the next owner asks again.
--
-- Atomic: the end of the fetch and what follows: the verification, the denial
-- that takes the request's place, or the next try, and only while the request
-- that was asked about is the one that waits.
--
-- Repeated: the topic is not being asked for it any more, or for another question,
-- and nothing is changed.
--
-- uses: shard, time, denial, fenced, fetch_over, fetch_again

local td, cd, generation, outcome = ARGV[2], ARGV[3], ARGV[4], ARGV[6]
local key = td .. ':' .. cd
local member = 'w ' .. key .. ':s ' .. generation .. ' ' .. ARGV[5]

check_owner(ARGV[1])
if not end_fetch(member, ARGV[1] .. '-' .. ARGV[10]) then
    return 'superseded'
end
local r = redis.call('HMGET', p .. 'request:' .. key .. ':s', 'g', 't', 'tg',
    'c')
if tonumber(r[1]) ~= tonumber(generation) then
    redis.call('HDEL', p .. 'fetch_failures', member)
    return 'superseded'
end

if outcome == 'again' then
    fetch_again(member, now_ms() + ARGV[8], ARGV[9])
    return 'applied'
end
redis.call('HDEL', p .. 'fetch_failures', member)
if outcome == 'valid' then
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':s', 'g', generation)
else
    tell_denial({ td = td, cd = cd, generation = redis.call('INCR', p .. 'gen'),
                  topic = r[2], given = r[3] or r[2], callback = r[4],
                  reason = ARGV[7] })
end
return 'applied'
