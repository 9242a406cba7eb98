-- verified.lua - apply the outcome of one verification of intent.
--
-- ARGV  1 TD, 2 CD, 3 mode s, u, or d (a denial to tell), 4 generation,
--       5 outcome: confirmed, refused, again (a passing failure), or replicated
--         (the replicas of a `*` subscription are up to date); of a denial: told,
--         untold (given up), or again,
--       6 ms since the verification request was sent (confirmed),
--       7 ms until the next attempt, 8 failures so far (again),
--       9 entry of `verify` to acknowledge, or - for none,
--       10 replicas, when a confirmed request is to be replicated to other
--         shards: it is marked, and neither it nor its entry goes before
--         `replicated`
-- Returns applied, superseded (a newer request waits, none does any more, or
-- the next attempt is planned already), stale (a newer request was confirmed
-- before), or denied (the topic was, after this was asked; see deny.lua).
--
-- Atomic: the subscription, its index entry, its lease and its cursor
-- mode change together and only while the request that was verified is the one
-- that waits.  That is told in `changes` in the same step.
--
-- Repeated: there is no such request any more, and nothing is changed; with
-- `replicas` the record has its generation already and stays as it is.  The
-- next attempt is planned only by who still held the entry, so there is one at
-- a time.
--
-- uses: shard, numbers, time, subscription, subscription_end, activation, deny
-- uses: subscription_event, retry

local td, cd, mode, generation = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local outcome = ARGV[5]
local key = td .. ':' .. cd
local request = p .. 'request:' .. key .. ':' .. mode

local replicas = outcome == 'confirmed' and ARGV[10] == 'replicas'
local held = replicas or ARGV[9] == '-' or
    redis.call('XACK', p .. 'verify', 'deliver', ARGV[9]) == 1

local r = redis.call('HMGET', request, 'g', 't', 'c', 'l', 's', 'tg', 'o')
if tonumber(r[1]) ~= generation or (outcome == 'again' and not held) then
    return 'superseded'
end
if outcome == 'again' then
    plan_retry('v ' .. key .. ':' .. mode .. ' ' .. digits(generation) ..
        ' ' .. ARGV[8], now_ms() + ARGV[7])
    wake_if_earliest()
    return 'applied'
end
if replicas then
    redis.call('HSET', request, 'ok', 1)
else
    redis.call('DEL', request)
end
if outcome ~= 'confirmed' then
    return 'applied'
end

local denied = redis.call('HGET', p .. 'topic:' .. td, 'denied')
if mode == 's' and denied then
    local until_generation, reason = string.match(denied, '^(%d+) (.*)$')
    if generation <= tonumber(until_generation) then
        deny({ td = td, cd = cd, generation = generation, topic = r[2],
               given = r[6], callback = r[3], reason = reason })
        return 'denied'
    end
end
local record, old = get_sub(td, cd)
if record and (not old or old.generation > generation) then
    return 'stale'
end
if replicas and old and old.generation == generation then
    return 'applied'
end
for _, other in ipairs({ mode == 's' and 'u' or 's', 'd' }) do
    local name = p .. 'request:' .. key .. ':' .. other
    local waiting = redis.call('HGET', name, 'g')
    if waiting and tonumber(waiting) < generation then
        redis.call('DEL', name)
    end
end
if mode == 'u' then
    end_subscription(td, cd)
    return 'applied'
end
activate(td, cd, {
    expires = math.floor((now_ms() - ARGV[6]) / 1000) + r[4],
    lease = tonumber(r[4]), generation = generation, secret = r[5],
    callback = r[3],
}, r[7] == '1', r[2])
tell_change(record and 'updated' or 'created', td, cd)
return 'applied'
