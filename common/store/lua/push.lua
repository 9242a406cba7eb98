-- push.lua - append a pushed event, once for its Idempotency-Key.
--
-- ARGV  1 digest of topic and key, 2 seconds for which it is remembered,
--       3... fields of the event
-- Returns {the event's id, 1 when it is that of an earlier push with this key, else 0}.
--
-- Atomic: the event and the memory of it.
--
-- Repeated: like any other push with the key.
--
-- uses: shard

local known = redis.call('GET', p .. 'idem:' .. ARGV[1])
if known then
    return { known, 1 }
end
local event = redis.call('XADD', p .. 'log', '*', unpack(ARGV, 3))
redis.call('SET', p .. 'idem:' .. ARGV[1], event, 'EX', ARGV[2])
return { event, 0 }
