-- pull_want.lua - somebody wants events of topics.
--
-- ARGV  1 for how many ms from now on, then pairs of a topic in its normal
--       spelling, "" for every topic, and its TD
-- Returns how many of the topics were left out, since as many others are pulled as
-- may be.
--
-- Atomic: a topic is pulled, and what is known of it lasts as long as that.  One
-- that nobody wanted until now begins without content (lib/topic.lua).
--
-- Whoever is in stays in, so that strangers who name many topics don't end what
-- others were promised; those that are over make way.
--
-- Repeated: each is wanted a little longer.
--
-- uses: shard, time, numbers, pulled, pulled_max, topic_time

local PULLED_KEPT = 10000 -- topics; some 1 MB

local now = now_ms()
local ends = now + math.min(tonumber(ARGV[1]), PULLED_MAX_MS)

local function is_full()
    if redis.call('ZCARD', p .. 'pulled') < PULLED_KEPT then
        return false
    end
    redis.call('ZREMRANGEBYSCORE', p .. 'pulled', '-inf', digits(now))
    return redis.call('ZCARD', p .. 'pulled') >= PULLED_KEPT
end

-- Whether there was capacity for it.
local function want(topic, td)
    local left = pulled_left(topic)
    if left == 0 and is_full() then
        return false
    end
    redis.call('ZADD', p .. 'pulled', 'GT', digits(ends), topic)
    if left == 0 and redis.call('EXISTS', p .. 'sub:' .. td) == 0 then
        redis.call('HDEL', p .. 'topic:' .. td, 'have')
    end
    redis.call('PEXPIRE', p .. 'topic:' .. td,
        digits(ends - now + TOPIC_LASTS_MS), 'GT')
    return true
end

local left_out = 0
for i = 2, #ARGV, 2 do
    if not want(ARGV[i], ARGV[i + 1]) then
        left_out = left_out + 1
    end
end
return left_out
