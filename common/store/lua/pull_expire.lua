-- pull_expire.lua - end pull subscriptions that were not seen for their time.
--
-- ARGV  1 epoch, 2 most to end in one call
-- Returns {how many ended, how many there are, ms until the next may end or -1}.
-- FENCED: the epoch is over.
--
-- Atomic: the look at its time, and its end: one that is seen at that moment
-- stays.  Where `pulls` or `pull_seen` has lost members, it gets them from the
-- other.
--
-- Repeated: what has lapsed since then ends.
--
-- uses: shard, memory, time, numbers, fenced, pull_drop

check_owner(ARGV[1])
local now = now_ms()
local most = tonumber(ARGV[2])

local function restore_members()
    pass_memory_limit()
    for _, id in ipairs(redis.call('ZDIFF', 2, p .. 'pulls',
        p .. 'pull_seen')) do
        local ttl = redis.call('HGET', p .. 'pull:' .. id, 'ttl')
        redis.call('ZADD', p .. 'pull_seen',
            digits(now + (tonumber(ttl or 0) or 0) * 1000), id)
    end
    for _, id in ipairs(redis.call('ZDIFF', 2, p .. 'pull_seen',
        p .. 'pulls')) do
        redis.call('ZADD', p .. 'pulls', 0, id)
    end
end

if redis.call('ZCARD', p .. 'pulls') ~= redis.call('ZCARD', p .. 'pull_seen') then
    restore_members()
end
local over = redis.call('ZRANGEBYSCORE', p .. 'pull_seen', '-inf', digits(now),
    'LIMIT', 0, most)
for _, id in ipairs(over) do
    drop_pull(id)
end
local first = redis.call('ZRANGE', p .. 'pull_seen', 0, 0, 'WITHSCORES')[2]
return { #over, redis.call('ZCARD', p .. 'pulls'),
         first and math.max(0, first - now) or -1 }
