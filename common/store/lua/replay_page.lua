-- replay_page.lua - post the next deliveries of a replay.
--
-- ARGV  1 epoch, 2 most deliveries
-- Returns {deliveries posted, 0: no replay runs, 1: one does, 2: nothing was posted,
-- since live events go first; and of a replay that has ended by this call its
-- id, topic, events and deliveries}.  FENCED: the epoch is over.
--
-- Atomic: the jobs, and how far the replay has come; so the owner that follows
-- goes on where this one was.
--
-- Events of the replay's topic, and below it, are delivered to the subscriptions
-- to that topic that there are by then.  Of several replays each call serves the
-- one that was not served for longest.
--
-- Repeated: the next deliveries are posted.
--
-- uses: shard, numbers, fenced, index_page, post_jobs, tally_add, unread
-- uses: levels, replay, subscribed, pull_event, ids, position_get, damage
-- uses: stream_id

check_owner(ARGV[1])
local most = tonumber(ARGV[2])

local LIVE_ENTRIES = 64    -- in the lanes: beyond, live events go first
local LOOKED_MAX = 64      -- events of the log, in one call
local BYTES_MAX = 262144   -- and of their contents
local AT_ONCE = 8          -- events, where those before were small
local SMALL_BYTES = 16384
local PAGE = 500

local id = redis.call('ZRANGE', p .. 'replaying', 0, 0)[1]
if not id then
    return { 0, 0 }
end
if redis.call('EXISTS', p .. 'fanout') == 1 or
    count_unread('bulk') + count_unread('outbox') > LIVE_ENTRIES then
    return { 0, 2 }
end

local key = p .. 'replay:' .. id
local r = redis.call('HMGET', key, 't', 'td', 'cd', 'last', 'at', 'e', 'after',
    'n', 'm')
local topic, td, cd, last, at, event, after = unpack(r)
local function is_usable()
    return topic and td and cd and last and at and event and after and
        is_stream_id(last) and is_stream_id((string.gsub(at, '^%(', ''))) and
        (event == '' or is_stream_id(event))
end

if not is_usable() then
    note_damage('replay:' .. id, 'no replay')
    redis.call('ZREM', p .. 'replaying', id)
    redis.call('DEL', key)
    return { 0, 1 }
end
local position = get_position()
local posted, events = 0, 0

-- How a job names the subscription's level of an event's topic; nil when the event
-- is not for it.
local function level_of(name)
    for i, level in ipairs(levels_of(name)) do
        if level == topic then
            return i == 1 and '' or level == '*' and ':*' or ':' .. i - 1
        end
    end
    return nil
end

local function post(cds, level)
    for i = 1, #cds do
        cds[i] = cds[i] .. level .. '!'
    end
    post_jobs('bulk', event, cds)
    tally_add(event, '', #cds)
    posted = posted + #cds
end

-- Posts a page of the event; returns whether it was the last one.
local function post_page(level)
    if cd ~= '' then
        post(is_subscribed(td, cd) and { cd } or {}, level)
        return true
    end
    local size = math.min(most - posted, PAGE)
    local cds = index_page(td, after, size)
    after = cds[#cds]
    post(cds, level)
    return #cds < size
end

-- The event whose pages are not all posted; false where those that follow are
-- none of the replay's, for now, or for good.
local function finish_event(level)
    while posted < most do
        if post_page(level) then
            at, event, after, events = '(' .. event, '', '', events + 1
            return true
        end
    end
    return false
end

local looked, bytes, is_over, is_live = 0, 0, false, false

-- Returns whether the call may go on.  An event that has not begun is delivered by
-- its fan-out first.
local function look_at(entry)
    if id_before(position, entry[1]) then
        is_live = true
        return false
    end
    local fields, size = pull_event(entry)
    local level = fields and level_of(fields.t)
    looked, bytes = looked + 1, bytes + size
    if not level then
        at = '(' .. entry[1]
        return true
    end
    if event ~= entry[1] then
        event, after = entry[1], ''
    end
    return finish_event(level)
end

-- To read contents that are not looked at, or not for long, is in vain.
local function how_many()
    local is_small = looked > 0 and bytes < looked * SMALL_BYTES
    return event == '' and is_small and AT_ONCE or 1
end

while posted < most and looked < LOOKED_MAX and bytes < BYTES_MAX and
    not (is_over or is_live) do
    local entries = redis.call('XRANGE', p .. 'log', at, last, 'COUNT',
        how_many())
    is_over = #entries == 0
    for _, entry in ipairs(entries) do
        if not look_at(entry) then
            break
        end
    end
end

if is_live and looked == 0 then
    return { 0, 2 }
end
redis.call('HSET', key, 'at', at, 'e', event, 'after', after, 'n',
    digits((tonumber(r[8] or 0) or 0) + posted), 'm',
    digits((tonumber(r[9] or 0) or 0) + events))
if not is_over then
    local last_served = redis.call('ZRANGE', p .. 'replaying', -1, -1,
        'WITHSCORES')[2]
    redis.call('ZADD', p .. 'replaying', digits(last_served + 1), id)
    return { posted, 1 }
end
end_replay(id, 'done')
return { posted, 1, id, topic, unpack(redis.call('HMGET', key, 'm', 'n')) }
