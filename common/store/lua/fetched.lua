-- fetched.lua - store what came of fetching announced topics.
--
-- ARGV  1 epoch, then for each topic RESULT arguments, counted here from 1:
--       1 number of the question (take.lua) that has taken it, 2 TD, 3 topic,
--       4 outcome: content (which becomes an event unless its digest is the one
--       that the subscriptions have), known (content of which every feed entry
--       was delivered before: no event), unchanged, failed, or unneeded (no
--       subscriptions: nothing was fetched, nothing is stored),
--       5 HTTP status or 0, 6 error or "", 7 ETag, 8 Last-Modified, 9 digest,
--       10 content type, 11 body, 12 canonical URL, 13 URL that gave the
--       content (7 to 13 are "" where there is none),
--       14 failures so far, 15 ms until the next try or -1 for none,
--       16 digests of the feed's entries, separated by spaces, or "",
--       17 ms from now on in which the topic is not fetched again, 18 digest of
--       the content that the subscriptions had when the fetch began, or "",
--       19 last event of the log then, if any had not begun, or ""
-- Returns for each topic the id of its new event, or false when there is none.
-- FENCED: the epoch is over, and the next owner fetches the topics again.
--
-- Atomic: the events, the validators and the entries' digests that belong to them,
-- and the ends of the fetches.
--
-- What the subscriptions have, `have`, changes in the order of the log, when the
-- event begins (begin.lua).  So where events had not begun the content is
-- appended in any case, and begin.lua finds whether it is what they have by then;
-- and a topic that is unchanged is fetched once more, unless all of those events
-- have begun and none was a push to it.  Who pulls sees every event of the log:
-- where somebody does, content that is the topic's last in the log is not appended.
--
-- Repeated: the topics are not being fetched any more, or for another question,
-- and nothing is changed.
--
-- uses: shard, numbers, time, topic, fenced, pace, pace_set, announced_count

local RESULT = 19

check_owner(ARGV[1])
local now = now_ms()
local at_s = digits(math.floor(now / 1000))

local all, members = {}, {}
for at = 2, #ARGV, RESULT do
    local r = { unpack(ARGV, at, at + RESULT - 1) }
    r.member, r.state = 'p ' .. r[3], p .. 'topic:' .. r[2]
    all[#all + 1], members[#all + 1] = r, r.member
end

-- Those that were being fetched until now.
local function end_fetches()
    local held = redis.call('HMGET', p .. 'fetching', unpack(members))
    local over, their_members = {}, {}
    for i, r in ipairs(all) do
        if held[i] == ARGV[1] .. '-' .. r[1] then
            over[#over + 1] = r
            their_members[#over] = r.member
        end
    end
    if #over > 0 then
        redis.call('HDEL', p .. 'fetching', unpack(their_members))
        local failures = redis.call('HMGET', p .. 'fetch_failures',
            unpack(their_members))
        for i, r in ipairs(over) do
            r.was_counted = is_counted(failures[i])
        end
    end
    return over
end

local function add_event(r)
    local fields = { 'v', '1', 't', r[3], 'ct', r[10], 'b', r[11],
                     'fd', r[9] }
    if r[12] ~= '' then
        fields[11], fields[12] = 'self', r[12]
    end
    return redis.call('XADD', p .. 'log', '*', unpack(fields))
end

local function set_state(r)
    local outcome = r[4]
    if outcome == 'content' or outcome == 'known' then
        redis.call('HSET', r.state, 't', r[3], 'status', r[5], 'error', r[6],
            'at', at_s, 'failures', r[14], 'etag', r[7], 'lm', r[8],
            'digest', r[9], 'self', r[12], 'src', r[13], 'entries', r[16])
    elseif outcome ~= 'unneeded' then
        redis.call('HSET', r.state, 't', r[3], 'status', r[5], 'error', r[6],
            'at', at_s, 'failures', r[14])
    end
end

-- What is known of topics lapses when nobody subscribes to them any more.
local function let_lapse(tds)
    local keys = {}
    for i, td in ipairs(tds) do
        keys[i] = p .. 'sub:' .. td
    end
    if redis.call('EXISTS', unpack(keys)) < #keys then
        for _, td in ipairs(tds) do
            topic_lapses(td)
        end
    end
end

-- What few fetches need: a function that plans the fetch after this one, if there
-- is to be one `left` ms from now or later; returns whether that is a further try
-- of this one.
local function make_plan()
    -- uses: fetch, fetch_again, fetch_defer, ids, position_get

    -- Whether the subscriptions may have got a push that was in the log when the
    -- fetch began, after the content that they had by then.
    local function may_lack(r)
        local known, last = r[18], r[19]
        if last == '' then
            return false
        end
        local t = redis.call('HMGET', r.state, 'have', 'pushed')
        return id_before((get_position()), last) or
            (t[1] ~= known and t[2] and not id_before(last, t[2]))
    end

    return function(r, left)
        if left > 0 then
            defer_fetch(r.member, now + left)
        end
        if (r[4] == 'unchanged' or r[4] == 'known') and may_lack(r) then
            want_fetch(r.member, now + left)
        end
        local is_tried_again = r[4] == 'failed' and tonumber(r[15]) >= 0
        if is_tried_again then
            fetch_again(r.member, now + math.max(r[15], left), r[14])
        end
        return is_tried_again
    end
end

local plan

-- Returns whether there is to be a further try.
local function end_one(r, pace)
    local left = set_pace(r[2], tonumber(r[17]), pace_left(pace, now), now)
    if left == 0 and (r[4] == 'content' or r[4] == 'unneeded') then
        return false
    end
    plan = plan or make_plan()
    local is_tried_again = plan(r, left)
    if r[4] == 'known' and redis.call('HGET', r.state, 'have') == r[18] then
        redis.call('HSET', r.state, 'have', r[9])
    end
    return is_tried_again
end

local problem

-- An error, of a key of another type, keeps no other topic from its end.
local function try(step, ...)
    local went_well, result = pcall(step, ...)
    if not went_well then
        problem = problem or result
    end
    return went_well and result
end

-- What the topics' last events are that have not begun, as far as few have to be
-- looked at: a function that returns whether the content of one is its last in the
-- log.
local function make_looker()
    -- uses: position_get

    local BITE, LOOKED_MAX, BYTES_MAX = 16, 256, 1048576
    local last_of, are_all = {}, false -- topic -> digest, "" of a push

    local function look_at(entry)
        local fields, bytes = {}, 0
        for i = 1, #entry[2], 2 do
            fields[entry[2][i]] = entry[2][i + 1]
            bytes = bytes + #entry[2][i + 1]
        end
        if fields.t and not last_of[fields.t] then
            last_of[fields.t] = fields.fd or ''
        end
        return bytes
    end

    local function look()
        local looked, bytes, before = 0, 0, '+'
        local begun = '(' .. get_position()
        while looked < LOOKED_MAX and bytes < BYTES_MAX do
            local bite = redis.call('XREVRANGE', p .. 'log', before, begun,
                'COUNT', BITE)
            for _, entry in ipairs(bite) do
                bytes = bytes + look_at(entry)
                before = '(' .. entry[1]
            end
            if #bite < BITE then
                are_all = true
                return
            end
            looked = looked + #bite
        end
    end

    look()
    return function(r)
        local last = last_of[r[3]]
        if last or not are_all then
            return last == r[9]
        end
        return redis.call('HGET', r.state, 'have') == r[9]
    end
end

local is_pulled, is_last -- once they are wanted

-- Whether it is the topic's last in the log, where that matters and can be found.
local function is_known_there(r)
    if r[19] == '' then
        return false
    end
    if is_pulled == nil then
        is_pulled = redis.call('EXISTS', p .. 'pulled') == 1
    end
    if not is_pulled or redis.call('HGET', r.state, 'digest') ~= r[9] then
        return false
    end
    is_last = is_last or make_looker()
    return is_last(r)
end

local function store(r)
    if r[4] == 'content' and (r[9] ~= r[18] or r[19] ~= '') and
        not is_known_there(r) then
        r.event = add_event(r)
    end
    set_state(r)
end

-- Those that are not to be fetched once more count no longer, and those that have
-- failed do not until they are announced anew.
local function count_anew(over)
    local members_over, ended, begun = {}, {}, {}
    for i, r in ipairs(over) do
        members_over[i] = r.member
    end
    local wanted = redis.call('ZMSCORE', p .. 'fetch', unpack(members_over))
    for i, r in ipairs(over) do
        local counts = wanted[i] and is_counted(
            redis.call('HGET', p .. 'fetch_failures', r.member))
        if r.was_counted and not counts then
            ended[#ended + 1] = r.member
        elseif counts and not r.was_counted then
            begun[#begun + 1] = r.member
        end
    end
    count_announced(by_host(ended), -1)
    count_announced(by_host(begun), 1)
end

local over, tds, done = end_fetches(), {}, {}
for i, r in ipairs(over) do
    tds[i] = r[2]
    try(store, r)
end
if #over > 0 then
    try(let_lapse, tds)
    local paces = get_paces(tds)
    for i, r in ipairs(over) do
        if not try(end_one, r, paces[i]) then
            done[#done + 1] = r.member
        end
    end
    if #done > 0 then
        redis.call('HDEL', p .. 'fetch_failures', unpack(done))
    end
    try(count_anew, over)
end
if problem then
    error(problem)
end
-- A repetition after an error finds what was damaged, and mends it.
if #over == 0 then
    redis.call('HLEN', p .. 'fetch_failures')
    for _, r in ipairs(all) do
        redis.call('HLEN', r.state)
    end
end
local events = {}
for i, r in ipairs(all) do
    events[i] = r.event or false
end
return events
