-- verified.lua - apply the outcome of one verification of intent.
--
-- ARGV  1 TD, 2 CD, 3 mode s, u, or d (a denial to tell), 4 generation,
--       5 outcome: confirmed, refused, ended (the topic has: it is denied), again (a
--         passing failure), or replicated (the replicas of a `*` subscription are
--         up to date); of a denial: told, untold (given up), or again,
--       6 ms since the verification request was sent (confirmed),
--       7 ms until the next attempt, 8 failures so far (again),
--       9 entry of `verify` to acknowledge, or - for none,
--       10 replicas, when a confirmed request is to be replicated to other
--         shards: it is marked, and neither it nor its entry goes before
--         `replicated`; else -
--       11 why it failed (refused, again, untold), to be listed for an hour; ""
--         when it did not fail: it has waited in vain, or was superseded
--       12 most subscriptions of the shard, 13 of a callback host, 14 to the
--         topic; 0 for no limit
-- Returns applied, superseded (a newer request waits, none does any more, or
-- the next attempt is planned already), stale (a newer request was confirmed
-- before), or denied (the topic was, after this was asked, see deny.lua; or a
-- limit was reached meanwhile).
--
-- Atomic: the subscription, its index entry, its lease and its cursor
-- mode change together, with the counts, and only while the request that was
-- verified is the one that waits.  That is told in `changes` in the same step.
--
-- Repeated: there is no such request any more, and nothing is changed; with
-- `replicas` the record has its generation already and stays as it is.  The
-- next attempt is planned only by who still held the entry, so there is one at
-- a time.
--
-- uses: shard, time, subscription, confirm, pending_end, numbers
--
-- What failed is listed in the stream `verifications`, for an hour and no more
-- than about 500 of a shard, since strangers can make many.

local td, cd, mode, generation = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local outcome = ARGV[5]
local key = td .. ':' .. cd
local request = p .. 'request:' .. key .. ':' .. mode

local replicas = outcome == 'confirmed' and ARGV[10] == 'replicas'
local held = replicas or ARGV[9] == '-' or
    redis.call('XACK', p .. 'verify', 'deliver', ARGV[9]) == 1

local r = redis.call('HMGET', request, 'g', 't', 'c', 'l', 's', 'tg', 'o', 'p',
    'w')
if tonumber(r[1]) ~= generation or (outcome == 'again' and not held) then
    return 'superseded'
end

local function drop_damaged()
    -- uses: damage

    note_damage('request:' .. key .. ':' .. mode, 'no request')
    redis.call('DEL', request)
    return 'superseded'
end

if not (r[2] and r[3]) or mode == 's' and not (tonumber(r[4]) and r[5]) then
    return drop_damaged()
end

local function list_failure()
    -- uses: numbers

    local LISTED, LISTED_MS = 500, 3600000
    local list = p .. 'verifications'
    redis.call('XADD', list, 'MAXLEN', '~', LISTED, '*', 'm', mode, 't', r[2],
        'c', r[3], 'o', outcome, 'n', ARGV[8], 'why', ARGV[11])
    redis.call('XTRIM', list, 'MINID', digits(now_ms() - LISTED_MS))
    redis.call('PEXPIRE', list, LISTED_MS)
end

local function plan_again()
    -- uses: retry

    plan_retry('v ' .. key .. ':' .. mode .. ' ' .. digits(generation) ..
        ' ' .. ARGV[8], now_ms() + ARGV[7])
    wake_if_earliest()
end

if (ARGV[11] or '') ~= '' then
    list_failure()
end
if outcome == 'again' then
    plan_again()
    return 'applied'
end
if replicas then
    redis.call('HSET', request, 'ok', 1)
else
    redis.call('DEL', request)
    end_pending(key .. ':' .. mode, r[9] or '')
end
if outcome ~= 'confirmed' and outcome ~= 'ended' then
    return 'applied'
end

local host, client = string.match(r[9] or '- -', '^(%S+) (%S+)$')
host = host or '-'

local function deny_request(reason)
    -- uses: deny

    deny({ td = td, cd = cd, generation = generation, topic = r[2],
           given = r[6] or r[2], callback = r[3], reason = reason,
           client = client })
    return 'denied'
end

if outcome == 'ended' then
    return deny_request('The topic has ended.')
end

local denied = redis.call('HGET', p .. 'topic:' .. td, 'denied')
if mode == 's' and denied then
    local until_generation, reason = string.match(denied, '^(%d+) (.*)$')
    if until_generation and generation <= tonumber(until_generation) then
        return deny_request(reason)
    end
end
local record, old = get_sub(td, cd)
if record and (not old or old.generation > generation) then
    return 'stale'
end
if replicas and old and old.generation == generation then
    return 'applied'
end

local function is_over_quota(total)
    -- uses: quota_over

    return over_quota(td, host, total, ARGV[12], ARGV[13], ARGV[14])
end

if mode == 's' and not record then
    local total = ARGV[12] and redis.call('HGET', p .. 'counts', 's')
    if total and is_over_quota(total) then
        return deny_request('There are too many subscriptions.')
    end
end

confirm({
    td = td, cd = cd, mode = mode, generation = generation, topic = r[2],
    callback = r[3], host = host, secret = r[5], choices = r[8] or '',
    lease = tonumber(r[4]), ordered = r[7] == '1', is_new = not record,
    expires = math.floor((now_ms() - ARGV[6]) / 1000) + (r[4] or 0),
})
return 'applied'
