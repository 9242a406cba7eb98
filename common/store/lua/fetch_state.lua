-- fetch_state.lua - what the fetches of announced topics begin with.
--
-- ARGV  1 epoch, 2 fetch_interval_ms, then pairs of a TD and its topic, each once
-- Returns {last event of the log if any has not begun, else ""; then for each
-- topic: ms in which it is not to be fetched, subscriptions, or -1 when nobody
-- wants it, digest of the content that they have, ETag, Last-Modified, URL that
-- gave these, digests of the feed entries that they have ...}, each "" where there
-- is none.  FENCED: the epoch is over.
--
-- Atomic: no topic is fetched again before its interval is over, by nobody, also
-- when the caller dies.
--
-- Validators and entries are those of the content that the subscriptions have, or
-- while there are none, who pulls the topic.
-- When something was pushed since there are none.  Events that have not begun may
-- be such pushes: fetched.lua looks for that.
--
-- Repeated: the first call has begun the intervals; the caller comes back when
-- they are over.
--
-- uses: shard, time, fenced, pace, pace_set, ids, position_get, wanted
-- uses: subscription_count

check_owner(ARGV[1])
local interval_ms = tonumber(ARGV[2])
local now = now_ms()
local tds, topics = {}, {}
for i = 3, #ARGV, 2 do
    tds[#tds + 1], topics[#topics + 1] = ARGV[i], ARGV[i + 1]
end

local function last_unbegun()
    local last = redis.call('XREVRANGE', p .. 'log', '+', '-', 'COUNT', 1)[1]
    return last and id_before((get_position()), last[1]) and last[1] or ''
end

local result = { last_unbegun() }

local function add(left, subscriptions, have, etag, modified, source, entries)
    local n = #result
    result[n + 1], result[n + 2], result[n + 3] = left, subscriptions, have or ''
    result[n + 4], result[n + 5] = etag or '', modified or ''
    result[n + 6], result[n + 7] = source or '', entries or ''
end

local function begin(td, topic)
    local subscriptions = count_of_topic(td)
    if not is_wanted(topic, subscriptions) then
        return add(0, -1)
    end
    set_pace(td, interval_ms, 0, now)
    local t = redis.call('HMGET', p .. 'topic:' .. td, 'have', 'digest', 'etag',
        'lm', 'src', 'entries')
    if not t[1] or t[1] == '' or t[1] ~= t[2] then
        return add(0, subscriptions, t[1])
    end
    add(0, subscriptions, t[1], t[3], t[4], t[5], t[6])
end

for i, pace in ipairs(get_paces(tds)) do
    local left = pace_left(pace, now)
    if left > 0 then
        add(left, 0)
    else
        begin(tds[i], topics[i])
    end
end
return result
