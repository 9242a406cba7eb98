-- fetched.lua - store what came of fetching an announced topic.
--
-- ARGV  1 TD, 2 topic, 3 outcome: content, known (content of which every feed
--       entry was delivered before: stored like content, but no event),
--       unchanged, failed, or unneeded (no subscribers: nothing was fetched,
--       nothing is stored),
--       4 HTTP status or 0, 5 error or "", 6 ETag, 7 Last-Modified, 8 digest,
--       9 content type, 10 body, 11 canonical URL, 12 URL that gave the
--       content (6 to 12 are "" where there is none),
--       13 failures so far, 14 ms until the next try or -1 for none,
--       15 digests of the feed's entries, separated by spaces, or "",
--       16... entries of `pings` to acknowledge
-- Returns the id of the new event, or false when there is none.
--
-- Atomic: the event, the validators and the entries' digests that keep it from
-- being appended again, and the acknowledgement of the announcements that it
-- answers.
--
-- Repeated: the announcements that the fetch answers are acknowledged by then,
-- and nothing is changed; nor is by a fetch whose announcements another process
-- has taken over and answered.  Without the group it is stored, as long as its
-- content is not what the topic has.
--
-- uses: shard, numbers, time, topic

local FIRST_PING = 16

local function is_open()
    for i = FIRST_PING, #ARGV do
        local held = redis.pcall('XPENDING', p .. 'pings', 'spread', ARGV[i],
            ARGV[i], 1)
        if held.err or #held > 0 then
            return true
        end
    end
    return false
end

if not is_open() then
    return false
end

local td, topic, outcome = ARGV[1], ARGV[2], ARGV[3]
local state = p .. 'topic:' .. td
local event = false

if outcome == 'content' and
    redis.call('HGET', state, 'digest') ~= ARGV[8] then
    local fields = { 'v', 1, 't', topic, 'ct', ARGV[9], 'b', ARGV[10] }
    if ARGV[11] ~= '' then
        fields[9], fields[10] = 'self', ARGV[11]
    end
    event = redis.call('XADD', p .. 'log', '*', unpack(fields))
end
if outcome ~= 'unneeded' then
    redis.call('HSET', state, 't', topic, 'status', ARGV[4], 'error', ARGV[5],
        'at', digits(math.floor(now_ms() / 1000)), 'failures', ARGV[13])
end
if outcome == 'content' or outcome == 'known' then
    redis.call('HSET', state, 'etag', ARGV[6], 'lm', ARGV[7],
        'digest', ARGV[8], 'self', ARGV[11], 'src', ARGV[12],
        'entries', ARGV[15])
end
topic_lapses(td)
if outcome == 'failed' and tonumber(ARGV[14]) >= 0 then
    redis.call('ZADD', p .. 'retry', digits(now_ms() + ARGV[14]),
        'p ' .. ARGV[13] .. ' ' .. topic)
end
for i = FIRST_PING, #ARGV do
    redis.call('XACK', p .. 'pings', 'spread', ARGV[i])
end
return event
