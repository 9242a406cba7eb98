-- subscription_list.lua - a page of a shard's subscriptions, for operators.
--
-- ARGV  1 member of the index (TD:CD) to begin after, "" for the first page,
--       then what all of a row must be, "" where that is all the same: 2 TD,
--       3 what the topic begins with, 4 CD, 5 the callback's host
--       (lib/host.lua), 6 state; 7 TD that is left out, or "", 8 most rows,
--       9 most members to look at
-- Returns {member to go on after, "" when this was the last page; then for each
-- row TD, CD, topic or "", state, since when (ms) or "", record, cursor or "",
-- missed events, events that the topic's index has had}.
--
-- Atomic: the page is of one moment.  Repeated: nothing is changed.
--
-- Records of another version are left out.
--
-- uses: shard, index_after, subscription, subscription_state

local after, rows_max, looked_max = ARGV[1], tonumber(ARGV[8]), tonumber(ARGV[9])
local wanted = { td = ARGV[2], prefix = ARGV[3], cd = ARGV[4], host = ARGV[5],
                 state = ARGV[6], other_than = ARGV[7] }
local AT_ONCE = 100
local FIELDS = 9

local function is_of_host(callback)
    -- uses: host

    return host_id(callback) == wanted.host
end

local topic = {} -- the one whose members are looked at

local function come_to(td)
    if topic.td ~= td then
        local text = redis.call('HGET', p .. 'sub:' .. td, 't') or
            redis.call('HGET', p .. 'topic:' .. td, 't') or ''
        topic = { td = td, text = text, fits = td ~= wanted.other_than and
            string.sub(text, 1, #wanted.prefix) == wanted.prefix }
    end
    return topic.fits
end

local function events_of_topic()
    topic.events = topic.events or
        redis.call('HGET', p .. 'topic:' .. topic.td, 'n') or '0'
    return topic.events
end

local rows = {}

local function add_row(cd, record, sub, state, since)
    local cursor, missed, events = false, 0, '0'
    if sub.flags ~= '-' then
        cursor = redis.call('HGET', p .. 'cursor:' .. topic.td, cd)
        missed = redis.call('ZCARD', p .. 'missed:' .. topic.td .. ':' .. cd)
        events = events_of_topic()
    end
    for _, value in ipairs({ topic.td, cd, topic.text, state, since or '',
        record, cursor or '', missed, events }) do
        rows[#rows + 1] = value
    end
end

local function look_at(cd)
    local record, sub = get_sub(topic.td, cd)
    if not sub or wanted.host ~= '' and not is_of_host(sub.callback) then
        return
    end
    local state, since = state_of(topic.td, cd, sub.flags)
    if wanted.state == '' or state == wanted.state then
        add_row(cd, record, sub, state, since)
    end
end

local function is_full()
    return #rows >= rows_max * FIELDS
end

-- Looks at some members; returns how many.  Of a topic that is not wanted the
-- rest is skipped.
local function look_at_all(members)
    for looked, member in ipairs(members) do
        local td, cd = string.match(member, '^([^:]*):?(.*)$')
        after = member
        if come_to(td) and (wanted.cd == '' or cd == wanted.cd) then
            look_at(cd)
        end
        if is_full() then
            return looked
        end
    end
    if #members > 0 and not topic.fits then
        after = topic.td .. ';'
    end
    return #members
end

local function walk()
    local over = wanted.td ~= '' and wanted.td .. ';' or nil
    local looked = 0
    if over and after == '' then
        after = wanted.td .. ':'
    end
    while looked < looked_max and not is_full() do
        local members = index_after(after, AT_ONCE, over)
        looked = looked + look_at_all(members)
        if #members < AT_ONCE and not is_full() then
            after = ''
            return
        end
    end
end

if wanted.td ~= '' and wanted.cd ~= '' then
    after = ''
    come_to(wanted.td)
    look_at(wanted.cd)
else
    walk()
end
table.insert(rows, 1, after)
return rows
