-- deny.lua - end one page of a topic's subscriptions, and tell the callbacks.
--
-- ARGV  1 TD, 2 topic, 3 CD of the one callback, or - for all of the topic,
--       4 reason or "", 5 CD that the page before ended with, or "" for the
--       first page, 6 subscriptions in a page, 7 most requests that may wait
--       in the shard
-- Returns {subscriptions and requests ended, CD to go on after, "" when this
-- was the last page}; {-1, ""} when too many requests wait.
--
-- Atomic: a subscription and the denial that its callback is told.  Requests
-- that still wait for their verification have no index; `denied` of the topic
-- keeps the denial's generation and reason, and `verified` denies those older
-- than that when they are confirmed.
--
-- Repeated: who was ended before has neither subscription nor request any more,
-- and is not told twice; the count lacks them.
--
-- uses: shard, numbers, index_page, topic, subscription, deny

local td, topic, one, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local capacity = ARGV[7] - redis.call('ZCARD', p .. 'pending')

if capacity <= 0 then
    return { -1, '' }
end
local size = math.min(ARGV[6], capacity)
local page = one ~= '-' and { one } or
    index_page(td, ARGV[5], size)

local generation = redis.call('INCR', p .. 'gen')
if one == '-' then
    redis.call('HSET', p .. 'topic:' .. td, 't', topic,
        'denied', digits(generation) .. ' ' .. reason)
    topic_lapses(td)
end

local ended = 0
for _, cd in ipairs(page) do
    local key = td .. ':' .. cd
    local record, sub = get_sub(td, cd)
    local asked = redis.call('HMGET', p .. 'request:' .. key .. ':s',
        'tg', 'c')
    local of_newer_version = record and not sub -- stays as it is
    if not of_newer_version and (sub or asked[2]) then
        deny({ td = td, cd = cd, generation = generation, topic = topic,
               given = asked[1] or topic, reason = reason,
               callback = asked[2] or sub.callback })
        ended = ended + 1
    end
end
return { ended, one == '-' and #page == size and page[size] or '' }
