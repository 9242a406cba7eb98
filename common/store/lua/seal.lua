-- seal.lua - put secrets that were sealed anew in the place of what they were.
--
-- ARGV  for each: its name as secrets.lua told it, the sealed secret of before, the
--       one of now
-- Returns how many were put.
--
-- Atomic: each is compared and set.  One that was changed, ended or became a
-- subscription meanwhile stays as it is.
--
-- Repeated: none is what it was before.
--
-- uses: shard, subscription, subscription_set

local put = 0

local function put_record(td, cd, before, now)
    local _, sub = get_sub(td, cd)
    if sub and sub.secret == before then
        sub.secret = now
        set_sub(td, cd, sub)
        put = put + 1
    end
end

local function put_request(q, before, now)
    local key = p .. 'request:' .. q
    if redis.call('HGET', key, 's') == before then
        redis.call('HSET', key, 's', now)
        put = put + 1
    end
end

for n = 1, #ARGV, 3 do
    local td, cd = string.match(ARGV[n], '^([^:]+):([^:]+)$')
    if td then
        put_record(td, cd, ARGV[n + 1], ARGV[n + 2])
    else
        put_request(ARGV[n], ARGV[n + 1], ARGV[n + 2])
    end
end
return put
