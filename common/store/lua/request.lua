-- request.lua - take a subscribe or unsubscribe request (WebSub section 5.1).
--
-- ARGV  1 TD, 2 CD, 3 mode s or u, 4 topic, 5 callback, 6 lease in s,
--       7 sealed secret or -, 8 seconds until the request lapses,
--       9 most verifications that may wait in the shard,
--       10 verify, or trust: the caller confirms it at once (verify=off)
-- Returns the request's generation; 0 when there is nothing to unsubscribe; -1
-- when too many verifications wait.
--
-- Atomic: the request replaces the waiting one of its kind, and its
-- verification is queued, in one step, so a waiting request always has a
-- queue entry.

local td, cd, mode = ARGV[1], ARGV[2], ARGV[3]
local key = td .. ':' .. cd

if mode == 'u' and redis.call('EXISTS', p .. 'sub:' .. key) == 0 and
    redis.call('EXISTS', p .. 'request:' .. key .. ':s') == 0 then
    return 0
end
if redis.call('XLEN', p .. 'verify') >= tonumber(ARGV[9]) then
    return -1
end

local generation = redis.call('INCR', p .. 'gen')
local request = p .. 'request:' .. key .. ':' .. mode
redis.call('HSET', request, 'v', 1, 'g', generation, 't', ARGV[4],
    'c', ARGV[5], 'l', ARGV[6], 's', ARGV[7])
redis.call('EXPIRE', request, ARGV[8])
if ARGV[10] == 'verify' then
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':' .. mode,
        'g', generation)
end
return generation
