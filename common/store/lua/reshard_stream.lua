-- reshard_stream.lua - read a page of a stream for another number of shards.
--
-- ARGV  1 stream, 2 where to begin, `-` at first, 3 factor and 4 part (see
--       lib/reshard_id.lua), 5 bytes to read, about
-- Returns {where to go on, "" at the end, entries that were looked at, rows
-- (lib/reshard_rows.lua)}, in the order of their ids there.
--
-- What somebody has claimed is waiting work like any other: nobody works.  Of a
-- bundle the jobs that are not settled are left.  What is settled, and was not
-- trimmed yet, goes nowhere.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, horizon, reshard_id, reshard_rows, reshard_place
-- uses: reshard_job, reshard_held, everything, pending, ids, last_id

local stream, at = ARGV[1], ARGV[2]
local budget = tonumber(ARGV[5])
local ENTRIES, SMALL_BYTES, AT_ONCE = 200, 4096, 50

set_translation(ARGV[3], ARGV[4])

local function set_value(fields, name, value)
    for i = 1, #fields, 2 do
        if fields[i] == name then
            fields[i + 1] = value
            return
        end
    end
    fields[#fields + 1], fields[#fields + 2] = name, value
end

local function new_held(fields)
    for i = 1, #fields, 2 do
        if fields[i] == '.e' then
            fields[i + 1] = new_position(fields[i + 1])
        elseif fields[i] == '.m' then
            local _, member = new_member(fields[i + 1])
            fields[i + 1] = member or fields[i + 1]
        end
    end
    return fields
end

local function place_of_topic(fields)
    local topic = value_of(fields, 't')
    return topic and 't' .. topic or 'o'
end

local LANES = { outbox = true, bulk = true, verify = true }

-- The last entry of a lane that somebody has claimed.
local function last_claimed()
    local groups = redis.pcall('XINFO', 'GROUPS', p .. stream)
    for i = 1, groups.err and 0 or #groups do
        if groups[i][2] == 'deliver' then
            return groups[i][8]
        end
    end
    return '0-0'
end

local claimed = LANES[stream] and last_claimed()

local function is_settled(id)
    return claimed and not id_before(claimed, id) and
        not is_pending(stream, id)
end

-- Targets of a bundle that are not settled.
local function left_of(id, targets)
    local left = tonumber(redis.call('HGET', p .. 'parts',
        stream .. ' ' .. id) or '') or 0xffff
    local kept, position = {}, 0
    for target in string.gmatch(targets, '%S+') do
        if bit.band(left, bit.lshift(1, position)) ~= 0 then
            kept[#kept + 1] = target
        end
        position = position + 1
    end
    return kept
end

-- A process that ended while it held a single job is counted in the job.
local function count_crashes(id, fields)
    local crashes = tonumber(string.match(redis.call('HGET', p .. 'crashes',
        stream .. ' ' .. id) or '', '^%d+'))
    if crashes then
        local before = tonumber(value_of(fields, 'k') or 0) or 0
        set_value(fields, 'n', value_of(fields, 'n') or '0')
        set_value(fields, 'k', digits(before + crashes))
    end
end

local function job(id, fields)
    local td, event = value_of(fields, 'f'), value_of(fields, 'e')
    if td then
        count_crashes(id, fields)
        return td ~= EVERYTHING and place_of_td(td) or nil
    elseif not event then
        return 'o'
    end
    local place = place_of_event(event)
    local left = left_of(id, value_of(fields, 'c') or '')
    if not place or #left == 0 then
        return nil
    elseif #left == 1 then
        count_crashes(id, fields)
    end
    set_value(fields, 'e', new_id(event))
    set_value(fields, 'c', table.concat(left, ' '))
    return place
end

local function letter(fields)
    local event = value_of(fields, 'e')
    if value_of(fields, 'u') or not event then
        local place = place_of_held(fields) -- by its old ids
        new_held(fields)
        return place
    end
    set_value(fields, 'e', new_id(event))
    return place_of_topic(fields)
end

local function gap(fields)
    local td = value_of(fields, 'td') or '-'
    set_value(fields, 'from', new_position(value_of(fields, 'from') or '-'))
    set_value(fields, 'to', new_position(value_of(fields, 'to') or '-'))
    return (td == '-' or td == EVERYTHING) and 'o' or place_of_td(td)
end

-- Of each stream what finds the place of an entry, and translates its fields.
local function lane(id, fields)
    return job(id, fields)
end

local function of_topic(_, fields)
    return place_of_topic(fields)
end

local kinds = {
    log = of_topic, pings = of_topic, departed = of_topic,
    verifications = of_topic, outbox = lane, bulk = lane,
    verify = function(_, fields)
        return place_of_request(value_of(fields, 'q') or '')
    end,
    held = function(_, fields)
        local place = place_of_held(fields)
        new_held(fields)
        return place
    end,
    dead = function(_, fields)
        return letter(fields)
    end,
    gaps = function(_, fields)
        return gap(fields)
    end,
    rejected = function(_, fields)
        if value_of(fields, 'id') then
            set_value(fields, 'id', new_position(value_of(fields, 'id')))
        end
        return place_of_topic(fields)
    end,
    damaged = function()
        return 'o'
    end,
}

local looked, bytes, is_over = 0, 0, false

local function look_at(entry)
    local id, fields = entry[1], entry[2]
    for i = 1, #fields do
        bytes = bytes + #fields[i]
    end
    local place = not is_settled(id) and kinds[stream](id, fields)
    if place then
        add_row(place, new_id(id), 'entry', stream, new_id(id), unpack(fields))
    end
    looked, at = looked + 1, '(' .. id
end

local function how_many()
    return looked > 0 and bytes < looked * SMALL_BYTES and AT_ONCE or 1
end

while not is_over and looked < ENTRIES and bytes < budget do
    local count = how_many()
    local entries = redis.call('XRANGE', p .. stream, at, '+', 'COUNT', count)
    for _, entry in ipairs(entries) do
        look_at(entry)
    end
    is_over = #entries < count
end

-- The end of the log, which may be behind its last entry, and its horizon, which
-- is that of a new shard when it is the earliest of those that feed it.
local function add_end()
    local last = new_position(last_id(stream))
    local ttl = redis.call('PTTL', p .. stream)
    if stream == 'log' then
        add_row('a', last, 'last', stream, last)
        add_row('a', last, 'horizon', new_position(get_horizon()))
    elseif ttl > 0 then
        add_row('a', last, 'lasts', stream, digits(ttl))
    end
end

if is_over then
    at = ''
    if redis.call('EXISTS', p .. stream) == 1 then
        add_end()
    end
end
return { at, looked, rows }
