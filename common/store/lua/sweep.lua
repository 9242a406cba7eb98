-- sweep.lua - end what has lapsed, drop what is settled.
--
-- ARGV  1 epoch, 2 retention of events in ms, 3 retention of dead letters in
--       ms, 4 most leases, events and dead letters to end in one call (of events
--       fewer, while jobs refer to any)
-- Returns {leases ended, events dropped, dead letters dropped,
--          1 when a limit was reached and more is to do, the position by now, events
--          that have not begun, ms until a lease ends or -1, how many notes of
--          damage there are, the last one's id, key and reason ("" for none)}.
-- FENCED: the epoch is over.
--
-- Atomic: an event leaves `log` only when it is fanned out and too old; when
-- jobs still refer to it its content moves to kept:E in the same step, so
-- deliver finds it in one place or the other.
-- It begins with a write that needs no memory: Redis at its memory limit refuses a
-- script whose first write needs some, and this one makes space, also where it
-- notes what has left while somebody pulled it.
--
-- Repeated: what has lapsed since then goes.
--
-- uses: shard, numbers, time, ids, id_after, trim, pending, index, index_records
-- uses: subscription_end, refs, letter, position_get
-- uses: position_set, fenced, tally_add, pending_end, memory, stream_id

check_owner(ARGV[1])
local limit = tonumber(ARGV[4])
local now = now_ms()
local more = 0

-- The oldest entries of a stream before `cut`, `count` at most.
local function oldest(name, cut, count)
    local old = redis.call('XRANGE', p .. name, '-', '(' .. cut, 'COUNT',
        count)
    if #old == count then
        more = 1
    end
    return old
end

-- The id before which everything of a stream is older than `age_ms`.  What has
-- ids that are ahead of the clock ages from when that was seen (pull_in.lua).
local function cut_at(name, age_ms)
    local cut = digits(math.max(1, now - age_ms)) .. '-0'
    local mark = redis.call('HGET', p .. 'ahead', name)
    if not mark then
        return cut
    end
    local id, seen = string.match(mark, '^(%d+%-%d+) (%d+)$')
    return id and now - seen >= tonumber(age_ms) and id_after(id) or cut
end

local now_s = math.floor(now / 1000)

-- A leaf is looked at once a second at most; one with a record of another version
-- after a minute at the latest.
local LOOK_AGAIN_S = 60

-- Looks at a leaf of the index one of whose leases may have ended, and ends at
-- most `most` of it.  Returns how many were looked at and ended; when there are
-- more the leaf stays due.
local function sweep_leaf(bound, most)
    local members = redis.call('ZRANGE', leaf_key(bound), 0, -1)
    local records = records_of(members)
    local ended, first = 0, nil
    for n, member in ipairs(members) do
        local ends = records[n] and
            tonumber(string.match(records[n], '^1 (%d+) ') or nil)
        if ends and ends <= now_s then
            if ended == most then
                return #members, ended
            end
            end_subscription(string.match(member, '^(.*):(.*)$'))
            ended = ended + 1
        elseif records[n] then
            local due = ends or now_s + LOOK_AGAIN_S
            first = math.min(first or due, due)
        end
    end
    if first then
        redis.call('ZADD', p .. 'lease', digits(math.max(first, now_s + 1)),
            bound)
    else
        redis.call('ZREM', p .. 'lease', bound)
    end
    return #members, ended
end

-- To look at one costs a tenth of ending one.
local LOOKED_FOR_EACH = 10

local function sweep_leases()
    local looked, ended = 0, 0
    while ended < limit and looked < limit * LOOKED_FOR_EACH do
        local bound = redis.call('ZRANGEBYSCORE', p .. 'lease', '-inf', now_s,
            'LIMIT', 0, 1)[1]
        if not bound then
            return ended
        end
        local looked_here, ended_here = sweep_leaf(bound, limit - ended)
        looked, ended = looked + looked_here, ended + ended_here
    end
    more = 1
    return ended
end

-- Where the log was lost, ids may begin anew before the position.  Returns how
-- many events have not begun.
local function check_position()
    local id, n = get_position()
    local info = redis.pcall('XINFO', 'STREAM', p .. 'log')
    if info.err then
        if id ~= '0-0' then
            set_position('0-0', 0)
        end
        return 0
    end
    local about = {}
    for i = 1, #info, 2 do
        about[info[i]] = info[i + 1]
    end
    local added, newest = about['entries-added'], about['last-entry']
    if id_before(about['last-generated-id'], id) then
        set_position('0-0', 0)
        return added
    end
    if newest and id_before(id, newest[1]) then
        return math.max(0, added - n)
    end
    if added ~= n then -- entries were deleted, or the log is another one
        set_position(id, added)
    end
    return 0
end

-- Everything before this id is fanned out: the first open event, else what
-- follows the position.
local function first_unfinished()
    local first = id_after((get_position()))
    for _, event in ipairs(redis.call('HKEYS', p .. 'fanout')) do
        if string.find(event, '^%d+%-%d+$') and id_before(event, first) then
            first = event
        end
    end
    return first
end

-- Entries that may have to be kept, or told of, are read, and may be a MiB each.
local READ_AT_ONCE = 20

local function drop(entry, is_pulled)
    -- uses: departed

    if is_pulled then
        note_departed(entry, now_s)
    end
    if redis.call('HEXISTS', p .. 'refs', entry[1]) == 1 then
        redis.call('HSET', p .. 'kept:' .. entry[1], unpack(entry[2]))
    end
    redis.call('XDEL', p .. 'log', entry[1])
end

local function drop_oldest(cut, is_pulled)
    local old = oldest('log', cut, math.min(limit, READ_AT_ONCE))
    for _, entry in ipairs(old) do
        drop(entry, is_pulled)
        redis.call('SET', p .. 'horizon', id_after(entry[1]))
    end
    return #old
end

local RETAINED_MAX_MS = 31622400000 -- no group may say more than a year

-- What would stay for longer was noted under a clock that was ahead.
local function shorten_retained()
    local late = redis.call('ZRANGEBYSCORE', p .. 'retained',
        '(' .. digits(now + RETAINED_MAX_MS), '+inf', 'LIMIT', 0, READ_AT_ONCE)
    for _, id in ipairs(late) do
        redis.call('ZADD', p .. 'retained', digits(now + ARGV[2]), id)
    end
end

-- Where events have a retention of their own, each leaves at its time: those by
-- `retained`, and of the others those before the cut that the last sweep has not
-- come to (`swept`).  What has not begun has no entry in `retained` that counts.
local function drop_retained(unfinished, is_pulled)
    shorten_retained()
    local due = redis.call('ZRANGEBYSCORE', p .. 'retained', '-inf',
        digits(now), 'LIMIT', 0, READ_AT_ONCE)
    local dropped = 0
    for _, id in ipairs(due) do
        local entry = is_stream_id(id) and
            redis.call('XRANGE', p .. 'log', id, id)[1]
        if entry and not id_before(id, unfinished) then
            return dropped -- and all behind it wait for it
        end
        if entry then
            drop(entry, is_pulled)
            dropped = dropped + 1
        end
        redis.call('ZREM', p .. 'retained', id)
    end
    if #due == READ_AT_ONCE then
        more = 1
    end
    return dropped
end

local function drop_others(cut, is_pulled)
    local swept = redis.call('GET', p .. 'swept') or ''
    swept = is_stream_id(swept) and swept or '0-0'
    local old = redis.call('XRANGE', p .. 'log', '(' .. swept, '(' .. cut,
        'COUNT', READ_AT_ONCE)
    local dropped = 0
    for _, entry in ipairs(old) do
        swept = entry[1]
        if not redis.call('ZSCORE', p .. 'retained', swept) then
            drop(entry, is_pulled)
            dropped = dropped + 1
        end
    end
    if #old > 0 then
        redis.call('SET', p .. 'swept', swept)
    end
    if #old == READ_AT_ONCE then
        more = 1
    end
    return dropped
end

-- Every event before the first one that is there has left.
local function move_horizon(cut)
    local first = redis.call('XRANGE', p .. 'log', '-', '(' .. cut, 'COUNT',
        1)[1]
    redis.call('SET', p .. 'horizon', first and first[1] or cut)
end

local function sweep_each(unfinished, cut, is_pulled)
    local dropped = drop_retained(unfinished, is_pulled) +
        drop_others(cut, is_pulled)
    if dropped > 0 then
        move_horizon(cut)
    end
    if redis.call('EXISTS', p .. 'retained') == 0 then
        redis.call('DEL', p .. 'swept')
    end
    return dropped
end

local function sweep_log(unfinished)
    local cut = cut_at('log', ARGV[2])
    if id_before(unfinished, cut) then
        cut = unfinished
    end
    local is_pulled = redis.call('EXISTS', p .. 'pulled') == 1
    if redis.call('EXISTS', p .. 'retained') == 1 then
        return sweep_each(unfinished, cut, is_pulled)
    end
    if is_pulled or redis.call('HLEN', p .. 'refs') > 0 then
        return drop_oldest(cut, is_pulled)
    end
    local trimmed = redis.call('XTRIM', p .. 'log', 'MINID', cut)
    if trimmed > 0 then
        redis.call('SET', p .. 'horizon', cut)
    end
    return trimmed
end

-- How many events have left is told for so long after they did.
local DEPARTED_S = 86400

-- One that left at a time of the future was noted under a clock that went wrong.
local function left_lately(entry)
    local at = tonumber(letter_fields(entry).at or '') or 0
    return at > now_s - DEPARTED_S and at <= now_s
end

-- A stream without entries would keep its last id, and take none before it.
local function drop_departed()
    local old = redis.call('XRANGE', p .. 'departed', '-', '+', 'COUNT', limit)
    for _, entry in ipairs(old) do
        if left_lately(entry) then
            redis.call('XTRIM', p .. 'departed', 'MINID', entry[1])
            return
        end
    end
    if #old < limit then
        redis.call('DEL', p .. 'departed')
        return
    end
    redis.call('XTRIM', p .. 'departed', 'MINID', id_after(old[#old][1]))
    more = 1
end

local function sweep_departed()
    if redis.call('EXISTS', p .. 'departed') == 0 then
        return
    end
    local first = redis.call('XRANGE', p .. 'departed', '-', '+', 'COUNT', 1)[1]
    if not first or not left_lately(first) then
        drop_departed()
    end
end

local function sweep_dead()
    local old = oldest('dead', cut_at('dead', ARGV[3]), limit)
    for _, letter in ipairs(old) do
        redis.call('XDEL', p .. 'dead', letter[1])
        local event = letter_fields(letter).e
        if event then
            tally_add(event, ' d', -1)
            tally_add(event, ' x', 1)
            release(event, 1)
        end
    end
    return #old
end

-- Whether an entry of a lane has yet to be read: `split` counts a crash for
-- each that it posts.
local function is_unread(lane, entry)
    for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', p .. lane)) do
        if group[2] == 'deliver' then
            return id_before(group[8], entry) and
                #redis.call('XRANGE', p .. lane, entry, entry) > 0
        end
    end
    return false
end

local function is_suspected(lane, entry)
    return is_pending(lane, entry) or is_unread(lane, entry)
end

-- What is known of an entry is left behind when somebody else settles what was
-- taken over, or the group was lost.
local function sweep_entries(name, is_kept)
    for _, field in ipairs(redis.call('HKEYS', p .. name)) do
        local lane, entry = string.match(field, '^(%S+) (%d+%-%d+)$')
        if not lane or not is_kept(lane, entry) then
            redis.call('HDEL', p .. name, field)
        end
    end
end

-- A request that nobody verifies lapses.
local REQUEST_LASTS_S = 3600

local function sweep_pending()
    local lapsed = redis.call('ZRANGEBYSCORE', p .. 'pending', '-inf',
        '(' .. digits(now_s - REQUEST_LASTS_S), 'LIMIT', 0, limit)
    for _, member in ipairs(lapsed) do
        local q, who = string.match(member, '^(%S+) (.*)$')
        redis.call('DEL', p .. 'request:' .. q)
        end_pending(q, who)
    end
    if #lapsed == limit then
        more = 1
    end
end

pass_memory_limit()
trim('outbox', 'deliver')
trim('bulk', 'deliver')
trim('verify', 'deliver')
local lag = check_position()
sweep_entries('crashes', is_suspected)
sweep_entries('parts', is_pending)
sweep_pending()
local leases = sweep_leases()
redis.call('ZREMRANGEBYSCORE', p .. 'pulled', '-inf', digits(now))
sweep_departed()
local events = sweep_log(first_unfinished())
local dead = sweep_dead()
local lease = redis.call('ZRANGE', p .. 'lease', 0, 0, 'WITHSCORES')[2]
local lease_ms = lease and math.max(0, lease * 1000 - now_ms()) or -1

-- The last note in `damaged` (lib/damage.lua).
local function last_damage()
    local last = redis.call('XREVRANGE', p .. 'damaged', '+', '-', 'COUNT', 1)[1]
    if not last then
        return { 0, '', '', '' }
    end
    local fields = letter_fields(last)
    return { redis.call('XLEN', p .. 'damaged'), last[1], fields.key or '',
             fields.why or '' }
end

local notes, last, key, why = unpack(last_damage())
return { leases, events, dead, more, (get_position()), lag, lease_ms, notes, last,
         key, why }
