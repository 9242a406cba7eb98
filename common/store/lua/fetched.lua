-- fetched.lua - store what came of fetching an announced topic.
--
-- ARGV  1 epoch, 2 TD, 3 topic, 4 outcome: content, known (content of which
--       every feed entry was delivered before: stored like content, but no
--       event), unchanged, failed, or unneeded (no subscribers: nothing was
--       fetched, nothing is stored),
--       5 HTTP status or 0, 6 error or "", 7 ETag, 8 Last-Modified, 9 digest,
--       10 content type, 11 body, 12 canonical URL, 13 URL that gave the
--       content (7 to 13 are "" where there is none),
--       14 failures so far, 15 ms until the next try or -1 for none,
--       16 digests of the feed's entries, separated by spaces, or ""
-- Returns the id of the new event, or false when there is none.  FENCED: the
-- epoch is over, and the next owner fetches the topic again.
--
-- Atomic: the event, the validators and the entries' digests that keep it from
-- being appended again, and the end of the fetch.
--
-- Repeated: the topic is not being fetched any more, and nothing is changed.
--
-- uses: shard, numbers, time, topic, fenced, fetch_over

local td, topic, outcome = ARGV[2], ARGV[3], ARGV[4]
local member = 'p ' .. topic
local state = p .. 'topic:' .. td
local event = false

check_owner(ARGV[1])
if not end_fetch(member) then
    return false
end
if outcome == 'content' and
    redis.call('HGET', state, 'digest') ~= ARGV[9] then
    local fields = { 'v', 1, 't', topic, 'ct', ARGV[10], 'b', ARGV[11] }
    if ARGV[12] ~= '' then
        fields[9], fields[10] = 'self', ARGV[12]
    end
    event = redis.call('XADD', p .. 'log', '*', unpack(fields))
end
if outcome ~= 'unneeded' then
    redis.call('HSET', state, 't', topic, 'status', ARGV[5], 'error', ARGV[6],
        'at', digits(math.floor(now_ms() / 1000)), 'failures', ARGV[14])
end
if outcome == 'content' or outcome == 'known' then
    redis.call('HSET', state, 'etag', ARGV[7], 'lm', ARGV[8],
        'digest', ARGV[9], 'self', ARGV[12], 'src', ARGV[13],
        'entries', ARGV[16])
end
topic_lapses(td)
if outcome == 'failed' and tonumber(ARGV[15]) >= 0 then
    fetch_again(member, now_ms() + ARGV[15], ARGV[14])
else
    redis.call('HDEL', p .. 'fetch_failures', member)
end
return event
