-- pull_in.lua - times that a wrong clock gave are brought back.
--
-- ARGV  1 the longest delay of what waits, in ms, 2 most members of a kind to look
--       at in one call, 3 the longest ttl of a pull subscription and the longest
--       request for one, in ms
-- Returns {Redis' time in ms, how many members were brought back}.
--
-- Redis' clock may be ahead for a while.  What waits for a time that lies
-- further ahead than any delay is due now; what is pulled for longer than may be is
-- pulled for as long as may be.  A claim that was made then would
-- never be idle: those that are not idle at all count as made now.  The ids of a
-- stream stay ahead of the clock until it comes there: `ahead` has for such a
-- stream its last id and when that was seen, from which time it ages (sweep.lua).
--
-- Repeated: nothing is ahead any more.  The owner calls it, but nothing would be
-- wrong if another did: what is ahead is so for everybody.
--
-- uses: shard, time, numbers, ids, wake, pulled_max

local AHEAD_MS = 1000 -- an id may be a little ahead of the clock's next look
local CLAIMS_MAX = 100 -- the oldest: what is never idle comes to be among them

local now = now_ms()
local longest, most = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Members that wait for more than `longest_ms` wait for `then_ms`.
local function pull_back(name, longest_ms, then_ms)
    local key = p .. name
    local ahead = redis.call('ZRANGEBYSCORE', key,
        '(' .. digits(now + longest_ms), '+inf', 'LIMIT', 0, most)
    for _, member in ipairs(ahead) do
        redis.call('ZADD', key, digits(now + then_ms), member)
    end
    return #ahead
end

-- One that is used again is seen anyway; the others end their ttl from now on.
local function pull_seen_times()
    local key = p .. 'pull_seen'
    local ahead = redis.call('ZRANGEBYSCORE', key,
        '(' .. digits(now + ARGV[3]), '+inf', 'LIMIT', 0, most)
    for _, id in ipairs(ahead) do
        local ttl = redis.call('HGET', p .. 'pull:' .. id, 'ttl')
        redis.call('ZADD', key, digits(now + (tonumber(ttl or 0) or 0) * 1000),
            id)
    end
    return #ahead
end

local function pull_claims(lane)
    local claims = redis.pcall('XPENDING', p .. lane, 'deliver', '-', '+',
        CLAIMS_MAX)
    for _, claim in ipairs(claims.err and {} or claims) do
        if claim[3] == 0 then
            redis.call('XCLAIM', p .. lane, 'deliver', claim[2], 0, claim[1],
                'IDLE', 0, 'JUSTID')
        end
    end
end

local function ms_of(id)
    return tonumber(string.match(id, '^%d+'))
end

local function look_at_ids(name)
    local info = redis.pcall('XINFO', 'STREAM', p .. name)
    local about = {}
    for i = 1, info.err and 0 or #info, 2 do
        about[info[i]] = info[i + 1]
    end
    local last, first = about['last-generated-id'], about['first-entry']
    if not first or ms_of(last) <= now + AHEAD_MS then
        if redis.call('HEXISTS', p .. 'ahead', name) == 1 then
            redis.call('HDEL', p .. 'ahead', name)
        end
        return
    end
    local mark = redis.call('HGET', p .. 'ahead', name) or ''
    local id, seen = string.match(mark, '^(%d+%-%d+) (%d+)$')
    if not id or tonumber(seen) > now or id_before(id, first[1]) then
        redis.call('HSET', p .. 'ahead', name, last .. ' ' .. digits(now))
    end
end

local due = pull_back('retry', longest, 0) + pull_back('fetch', longest, 0)
if due > 0 then
    wake_owner()
end
local interests = pull_back('pulled', PULLED_MAX_MS, PULLED_MAX_MS)
for _, lane in ipairs({ 'outbox', 'bulk', 'verify' }) do
    pull_claims(lane)
end
for _, name in ipairs({ 'log', 'dead' }) do
    look_at_ids(name)
end
return { now, due + interests + pull_seen_times() }
