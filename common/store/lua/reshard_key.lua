-- reshard_key.lua - read a page of a key for another number of shards.
--
-- ARGV  1 the key's name without the prefix, 2 where to begin, "" at first,
--       3 factor and 4 part (lib/reshard_id.lua)
-- Returns {where to go on, "" at the end, members that were looked at, rows
-- (lib/reshard_rows.lua)}.
--
-- Those of the kinds that lib/health_shard.lua has; a key of another kind, and a
-- record of a later version, is an error, and so the end of the move.  Streams
-- that several shards have are reshard_stream.lua's.
--
-- Repeated: it only reads.
--
-- uses: shard, everything, index_page, missed, cursor_parse, record
-- uses: numbers, time, fetch_set, reshard_id, reshard_rows, reshard_place
-- uses: reshard_job, ids

local name, cursor = ARGV[1], ARGV[2]
local key = p .. name
local MEMBERS = '100'
local ENTRIES = 200
local looked = 0

set_translation(ARGV[3], ARGV[4])

local function fail(why)
    error({ err = 'ERR ' .. name .. ' can not be moved: ' .. why })
end

local function ttl()
    return digits(math.max(0, redis.call('PTTL', key)))
end

-- Gives each pair of a page of the hash, or sorted set, to `look`.
local function scan(command, look)
    local page = redis.call(command, key, cursor == '' and '0' or cursor,
        'COUNT', MEMBERS)
    for i = 1, #page[2], 2 do
        looked = looked + 1
        look(page[2][i], page[2][i + 1])
    end
    return page[1] == '0' and '' or page[1]
end

local function hscan(look)
    return scan('HSCAN', look)
end

local function zscan(look)
    return scan('ZSCAN', look)
end

local function nothing()
    return ''
end

-- A whole hash under its name.
local function add_hash(place, fields)
    add_row(place, '', 'hash', name, ttl(), unpack(fields))
end

local function fields_of()
    local flat = redis.call('HGETALL', key)
    local values = {}
    for i = 1, #flat, 2 do
        values[flat[i]] = flat[i + 1]
    end
    return flat, values
end

local function flat_of(values)
    local flat = {}
    for field, value in pairs(values) do
        flat[#flat + 1], flat[#flat + 2] = field, value
    end
    return flat
end

local function move_subscriptions(td)
    local place = place_of_td(td)
    local topic = td == EVERYTHING and '*' or
        redis.call('HGET', key, 't') or fail('it has no topic')
    return hscan(function(cd, record)
        if cd == 't' then
            return
        end
        local sub = parse_record(record) or
            fail('the record of ' .. cd .. ' can not be read')
        add_row(place, '', 'sub', td, cd, topic, record,
            digits(sub.expires), sub.callback)
    end)
end

local function move_request(q)
    local fields, r = fields_of()
    if not r.t then
        fail('it has no topic')
    end
    local score = redis.call('ZSCORE', p .. 'pending', q .. ' ' .. (r.w or ''))
    add_row('t' .. r.t, '', 'request', q, r.w or '- -',
        score or digits(math.floor(now_ms() / 1000)), unpack(fields))
    return ''
end

-- A place of a cursor, `ID:N` or `-`.
local function new_part(text)
    local id, n = string.match(text, '^(%d+%-%d+):(%d+)$')
    return id and new_position(id) .. ':' .. n or text
end

local function new_cursor(text)
    local u, mode, at, n, since, first, second = string.match(text,
        '^(%d+) (%a+) (%d+%-%d+) (%d+) (%d+) (%S+) (%S+)$')
    return u and table.concat({ u, mode, new_position(at), n, since,
        new_part(first), new_part(second) }, ' ') or
        fail('a cursor can not be read')
end

-- Of subscriptions to `*`: the next one that is in cursor mode.
local function next_cd(after)
    repeat
        local cds = index_page(EVERYTHING, after, 100)
        for _, cd in ipairs(cds) do
            after = cd
            if redis.call('HEXISTS', key, cd) == 1 then
                return cd
            end
        end
    until #cds < 100
end

local function is_due(at, id)
    return not at.backfill_end or not id_before(at.backfill_end.id, id) or
        at.resume_after and id_before(at.resume_after.id, id)
end

-- One of them, or a page of what it has not got.
local function move_everything()
    local cd, after = string.match(cursor, '^(%S+) (%S+)$')
    if not cd then
        cd, after = next_cd(cursor), nil
    end
    if not cd then
        return ''
    end
    local at = parse_cursor(redis.call('HGET', key, cd)) or
        fail('a cursor can not be read')
    if not after then
        add_row('a', '', 'everything', cd, at.since,
            at.mode == 'paused' and 'paused' or 'run')
    end
    local events = redis.call('XRANGE', p .. 'events:' .. EVERYTHING,
        '(' .. (after or at.at), '+', 'COUNT', ENTRIES)
    for _, entry in ipairs(events) do
        local place = is_due(at, entry[1]) and place_of_event(entry[1])
        after, looked = entry[1], looked + 1
        if place then
            add_row(place, '', 'score', 'missed:' .. EVERYTHING .. ':' .. cd,
                '0', missed_member(new_id(entry[1])))
        end
    end
    return #events < ENTRIES and cd or cd .. ' ' .. after
end

local function move_cursors(td)
    if td == EVERYTHING then
        return move_everything()
    end
    local place = place_of_td(td)
    return hscan(function(cd, text)
        add_row(place, '', 'hash', name, '0', cd, new_cursor(text))
    end)
end

local function move_missed(suffix)
    local td = string.match(suffix, '^[^:]+')
    return zscan(function(member)
        local ms, seq, again = string.match(member, '^0*(%d+)%-0*(%d+)(!?)$')
        local event = ms and ms .. '-' .. seq or fail('it has ' .. member)
        local place = td == EVERYTHING and place_of_event(event) or
            td ~= EVERYTHING and place_of_td(td)
        if place then
            add_row(place, '', 'score', name, '0',
                missed_member(new_id(event)) .. again)
        end
    end)
end

-- What has a field for each event; `suffix` behind the event stays.
local function move_by_event(add)
    return hscan(function(field, value)
        local event, behind = string.match(field, '^(%d+%-%d+)(.*)$')
        local place = event and place_of_event(event)
        if place then
            add(place, new_id(event) .. behind, value)
        end
    end)
end

local function move_counts_by_event()
    return move_by_event(function(place, field, value)
        add_row(place, '', 'hash', name, ttl(), field, value)
    end)
end

local function move_failing()
    return move_by_event(function(place, field, member)
        local _, new = new_member(member)
        if new then
            add_row(place, '', 'hash', name, '0', field, new)
        end
    end)
end

local function move_topic(td)
    local _, r = fields_of()
    if r.pushed then
        r.pushed = new_position(r.pushed)
    end
    if td == EVERYTHING then -- its index begins anew
        r.n = nil
    end
    if next(r) then
        add_hash(place_of_td(td), flat_of(r))
    end
    return ''
end

local function move_kept(event)
    local fields, r = fields_of()
    if r.t then
        add_row('t' .. r.t, '', 'hash', 'kept:' .. new_id(event), ttl(),
            unpack(fields))
    end
    return ''
end

local function move_index(td)
    if td == EVERYTHING then
        return ''
    end
    local place = place_of_td(td)
    local entries = redis.call('XRANGE', key, cursor == '' and '-' or cursor,
        '+', 'COUNT', ENTRIES)
    for _, entry in ipairs(entries) do
        looked, cursor = looked + 1, '(' .. entry[1]
        add_row(place, '', 'entry', name, new_id(entry[1]), unpack(entry[2]))
    end
    if #entries == ENTRIES then
        return cursor
    end
    add_row(place, '', 'lasts', name, ttl())
    return ''
end

local function move_attempts(td)
    local place = place_of_td(td)
    return hscan(function(cd, log)
        add_row(place, '', 'hash', name, '0', cd, log)
    end)
end

local function move_waiting()
    return zscan(function(member, due)
        if string.sub(member, 1, 2) == 'u ' then
            -- uses: reshard_held

            local id = string.sub(member, 3)
            local entry = redis.call('XRANGE', p .. 'held', id, id)[1]
            if entry then
                add_row(place_of_held(entry[2]), '', 'score', name, due,
                    'u ' .. new_id(id))
            end
            return
        end
        local place, new = new_member(member)
        if place then
            add_row(place, '', 'score', name, due, new)
        end
    end)
end

-- Parked jobs are due: they are parked again where there is no capacity.  The
-- oldest event comes first.
local function move_parked()
    local from = tonumber(cursor ~= '' and cursor or 0)
    local members = redis.call('LRANGE', key, from, from + ENTRIES - 1)
    for _, member in ipairs(members) do
        local place, new = new_member(member)
        looked = looked + 1
        if place then
            add_row(place, '', 'score', 'retry',
                string.match(new, '^d (%d+)') or '1', new)
        end
    end
    return #members < ENTRIES and '' or digits(from + ENTRIES)
end

local function add_wanted(member, due)
    local set = string.sub(set_of(member), #p + 1)
    local topic = string.match(member, '^p (.+)$') or
        string.match(member, '^w %S+ %d+ (.+)$')
    if topic then
        add_row('t' .. topic, '', 'want', set, member, due,
            redis.call('HGET', p .. 'fetch_failures', member) or '')
    end
end

local function move_fetching()
    return hscan(function(member)
        add_wanted(member, digits(now_ms()))
    end)
end

-- What is among `fetching` too comes from there.
local function move_wanted()
    return zscan(add_wanted)
end

local function move_since()
    return zscan(function(member, since)
        add_row(place_of_td(string.match(member, '^[^:]+')), '', 'score',
            name, since, member)
    end)
end

local function move_retained()
    return zscan(function(event, ends)
        local place = place_of_event(event)
        if place then
            add_row(place, '', 'score', name, ends, new_id(event))
        end
    end)
end

local function move_pulled()
    return zscan(function(topic, ends)
        add_row((topic == '' or topic == '*') and 'a' or 't' .. topic, '',
            'score', name, ends, topic)
    end)
end

-- Its cursors name old shards: who writes it knows the new ones.
local function move_pull(id)
    local _, r = fields_of()
    if r.v ~= '1' or not (r.t and r.c and r.ttl and r.n) then
        fail('it is no pull subscription that is known here')
    end
    add_row('i' .. id, '', 'pull', id, r.t, r.c, r.ttl, r.ack or '',
        r.n, redis.call('ZSCORE', p .. 'pull_seen', id) or
            digits(now_ms() + r.ttl * 1000))
    return ''
end

-- A replay for the subscriptions to `*` has one part in each shard: these end.
local function end_parts(r)
    if r.s == 'running' then
        r.s, r.ended = 'cancelled', digits(now_ms())
    end
    return 'a'
end

local REPLAY_KEPT_MS = '86400000'

local function move_replay(id)
    local _, r = fields_of()
    local place = r.td == EVERYTHING and end_parts(r) or 't' .. (r.t or '')
    local runs = r.s == 'running'
    for _, field in ipairs({ 'first', 'last', 'e' }) do
        r[field] = r[field] and new_position(r[field])
    end
    local bracket, at = string.match(r.at or '', '^(%(?)(.*)$')
    r.at = bracket .. new_position(at)
    add_row(place, '', 'hash', name, runs and '0' or REPLAY_KEPT_MS,
        unpack(flat_of(r)))
    add_row(place, '', 'score', 'replays', r.began or '0', id)
    if runs then
        add_row(place, '', 'score', 'replaying', redis.call('ZSCORE',
            p .. 'replaying', id) or '0', id)
    end
    return ''
end

local function move_posted()
    for event, jobs in string.gmatch(redis.call('GET', key),
        ' (%d+%-%d+) (%S+)') do
        local place = place_of_event(event)
        if place then
            add_row(place, '', 'posted', name, new_id(event), jobs, ttl())
        end
    end
    return ''
end

local function move_text(place)
    add_row(place, '', 'set', name, redis.call('GET', key), ttl())
    return ''
end

-- Of an event that has left nobody knows the topic any more.
local function move_idempotency()
    local event = redis.call('GET', key)
    add_row(place_of_event(event) or 'a', '', 'set', name, new_position(event),
        ttl())
    return ''
end

local function check_fanout()
    if redis.call('HLEN', key) > 0 then
        fail('events are not fanned out')
    end
    return ''
end

local function move_as_it_is(new_name)
    add_row('o', '', 'restore', new_name, ttl(), redis.call('DUMP', key))
    return ''
end

local kinds = {
    sub = move_subscriptions, request = move_request, cursor = move_cursors,
    missed = move_missed, refs = move_counts_by_event,
    tally = move_counts_by_event, failing = move_failing, topic = move_topic,
    kept = move_kept, events = move_index, attempts = move_attempts,
    retry = move_waiting, parked = move_parked, fetch = move_wanted,
    validations = move_wanted, fetching = move_fetching,
    suspended = move_since, paused = move_since, retained = move_retained,
    pulled = move_pulled, pull = move_pull, replay = move_replay,
    posted = move_posted, idem = move_idempotency, fanout = check_fanout,
    paced = function(td)
        return move_text('d' .. td)
    end,
    removed = function()
        return move_text('a')
    end,
    gen = function()
        add_row('e', '', 'most', name, redis.call('GET', key))
        return ''
    end,
    damaged = function(id)
        return id ~= '' and move_as_it_is('damaged:' .. new_id(id)) or ''
    end,
}

-- Those that are merged, made anew by what is written, or begin anew.
for _, kind in ipairs({ 'log', 'pings', 'outbox', 'bulk', 'verify', 'held',
    'dead', 'departed', 'gaps', 'verifications', 'rejected', 'subs', 'bounds',
    'lease', 'hosts', 'counts', 'pending', 'fetch_failures', 'pulls',
    'pull_seen', 'replays', 'replaying', 'parts', 'crashes', 'position',
    'horizon', 'swept', 'changes', 'owner', 'wake', 'taken', 'ahead',
    'ended_groups' }) do
    kinds[kind] = nothing
end

local kind, suffix = string.match(name, '^([%w_]+):?(.*)$')
if not kinds[kind] then
    fail('nobody here knows this key')
elseif redis.call('EXISTS', key) == 0 then
    return { '', 0, {} }
end
local rest = kinds[kind](suffix)
return { rest, math.max(1, looked), rows }
