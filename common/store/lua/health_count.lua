-- health_count.lua - the health monitor counts the references of a shard anew.
--
-- ARGV  1 key and 2 member of what is to be mended, "" to look only, 3 most
--       entries to count, then TD, CD and number of cursor jobs that are to be
--       looked for
-- Returns {1 when there is too much to be counted in one step, else 0,
--          of each issue: issue, action ("count"), key, member and why}.
--
-- `refs` is compared with the jobs, held ones included, `counts` with the requests
-- that wait, the topics that are announced and the jobs that are parked; a
-- subscription whose cursor says that it has a cursor job has one.
--
-- Atomic: what is counted and what it is compared with are of one moment, so
-- what is mended is right whoever calls this.  For that no more than a few
-- thousand entries are counted.
--
-- Repeated: what was mended adds up.
--
-- uses: shard, memory, numbers, ids, cursor_get, cursor_job, lane_group

local FEW = 100 -- issues in one reply
local most = tonumber(ARGV[3])
local LANES = { 'outbox', 'bulk' }

local function parked_keys()
    local keys = {}
    local hosts = redis.call('ZRANGE', p .. 'retry', 0, most)
    for _, member in ipairs(hosts) do
        local h = string.match(member, '^h (%S+)$')
        if h then
            keys[#keys + 1] = p .. 'parked:' .. h
        end
    end
    return keys
end

local function size()
    local sum = redis.call('ZCARD', p .. 'retry') +
        redis.call('ZCARD', p .. 'pending') +
        redis.call('ZCARD', p .. 'fetch') +
        redis.call('HLEN', p .. 'fetching') +
        redis.call('HLEN', p .. 'refs') + redis.call('HLEN', p .. 'counts')
    for _, stream in ipairs({ 'outbox', 'bulk', 'held', 'dead' }) do
        sum = sum + redis.call('XLEN', p .. stream)
    end
    if sum <= most then
        for _, key in ipairs(parked_keys()) do
            sum = sum + redis.call('LLEN', key)
        end
    end
    return sum
end

if size() > most then
    return { 1 }
end

local jobs = {}        -- event -> how many refer to it
local cursor_jobs = {} -- "TD CD U"

local function count_job(event, count)
    jobs[event] = (jobs[event] or 0) + count
end

local function count_member(member)
    local event = string.match(member, '^d (%S+)')
    if event then
        count_job(event, 1)
    else
        cursor_jobs[string.match(member, '^f (%S+ %S+ %d+)') or ''] = true
    end
end

local function fields_of(entry)
    local fields = {}
    for i = 1, #entry[2], 2 do
        fields[entry[2][i]] = entry[2][i + 1]
    end
    return fields
end

-- How many of a bundle's jobs are not settled, as the mask says; all without one.
local function unsettled(targets, mask)
    local count, position = 0, 0
    for _ in string.gmatch(targets, '%S+') do
        if not mask or bit.band(mask, bit.lshift(1, position)) ~= 0 then
            count = count + 1
        end
        position = position + 1
    end
    return count
end

local function mask_of(lane, id)
    return tonumber(redis.call('HGET', p .. 'parts', lane .. ' ' .. id) or '')
end

-- What an entry of a lane stands for.
local function count_entry(f, mask)
    if f.e and f.c then
        count_job(f.e, unsettled(f.c, mask))
    elseif f.f and f.c and f.u then
        cursor_jobs[f.f .. ' ' .. f.c .. ' ' .. f.u] = true
    end
end

-- Entries of a lane that are read and not pending are settled.
local function count_lane(lane)
    local last, pending = '0-0', {}
    if has_group(lane) then
        for _, group in ipairs(redis.call('XINFO', 'GROUPS', p .. lane)) do
            last = group[2] == 'deliver' and group[8] or last
        end
        for _, row in ipairs(redis.call('XPENDING', p .. lane, 'deliver', '-',
            '+', most)) do
            pending[row[1]] = true
        end
    end
    local is_read = true
    for _, entry in ipairs(redis.call('XRANGE', p .. lane, '-', '+')) do
        is_read = is_read and not id_before(last, entry[1])
        if not is_read or pending[entry[1]] then
            count_entry(fields_of(entry), mask_of(lane, entry[1]))
        end
    end
end

-- The fields of the entry itself, of one that could not be interpreted.
local function own_fields_of(f)
    local own = {}
    for name, value in pairs(f) do
        own[string.match(name, '^%.(.*)$') or ''] = value
    end
    return own
end

local IS_LANE = { outbox = true, bulk = true }
local HELD_AT_ONCE = 20 -- each may be an event of a MiB

-- What is held goes back to where it came from.
local function count_held()
    local start, entries = '-', nil
    repeat
        entries = redis.call('XRANGE', p .. 'held', start, '+', 'COUNT',
            HELD_AT_ONCE)
        for _, entry in ipairs(entries) do
            local f = fields_of(entry)
            local own = own_fields_of(f)
            if IS_LANE[f.from] then
                count_entry(own)
            elseif f.from == 'retry' then
                count_member(own.m or '')
            end
            start = '(' .. entry[1]
        end
    until #entries < HELD_AT_ONCE
end

-- A letter is replayed only when somebody asks for it: as a cursor job it is lost.
local function count_letter(f)
    local own = own_fields_of(f)
    if f.e then
        count_job(f.e, 1)
    elseif IS_LANE[f.u] and own.e and own.c then
        count_job(own.e, unsettled(own.c))
    end
end

local function count_jobs()
    for _, lane in ipairs(LANES) do
        if redis.call('EXISTS', p .. lane) == 1 then
            count_lane(lane)
        end
    end
    for _, member in ipairs(redis.call('ZRANGE', p .. 'retry', 0, -1)) do
        count_member(member)
    end
    for _, key in ipairs(parked_keys()) do
        for _, member in ipairs(redis.call('LRANGE', key, 0, -1)) do
            count_member(member)
        end
    end
    count_held()
    for _, letter in ipairs(redis.call('XRANGE', p .. 'dead', '-', '+')) do
        count_letter(fields_of(letter))
    end
end

-- What `counts` is to have, but for the subscriptions.
local function waiting_counts()
    -- uses: host

    local counts = {}
    local function count(field)
        counts[field] = (counts[field] or 0) + 1
    end

    for _, member in ipairs(redis.call('ZRANGE', p .. 'pending', 0, -1)) do
        local host, client = string.match(member, '^%S+ (%S+) (%S+)$')
        if host then
            count('h:' .. host)
            count('c:' .. client)
        end
    end
    counts.p = 0
    for _, key in ipairs(parked_keys()) do
        counts.p = counts.p + redis.call('LLEN', key)
    end
    local seen = {}
    local announced = redis.call('ZRANGE', p .. 'fetch', 0, -1)
    for _, member in ipairs(redis.call('HKEYS', p .. 'fetching')) do
        announced[#announced + 1] = member
    end
    for _, member in ipairs(announced) do
        if not seen[member] and string.sub(member, 1, 2) == 'p ' and
            tonumber(redis.call('HGET', p .. 'fetch_failures', member) or 0) <= 0
        then -- as lib/announced_count.lua has it
            count('a:' .. host_id(string.sub(member, 3)))
        end
        seen[member] = true
    end
    return counts
end

local found = { 0 }

local function note(name, member, why, mend_it)
    if ARGV[1] == '' then
        for _, word in ipairs({ 'corrupt', 'count', name, member, why }) do
            found[#found + 1] = #found <= 5 * FEW and word or nil
        end
    elseif ARGV[1] == name and ARGV[2] == member then
        pass_memory_limit()
        mend_it()
    end
end

-- Compares the fields of a hash with what they are to be.
local function compare(name, wanted, concerns, set)
    local held = redis.call('HGETALL', p .. name)
    local seen = {}
    for i = 1, #held, 2 do
        local field, value = held[i], held[i + 1]
        local right = wanted[field] or 0
        seen[field] = true
        if concerns(field) and digits(right) ~= value then
            note(name, field, value .. ' in place of ' .. right, function()
                set(field, right)
            end)
        end
    end
    for field, right in pairs(wanted) do
        if not seen[field] and right > 0 and concerns(field) then
            note(name, field, 'none in place of ' .. right, function()
                set(field, right)
            end)
        end
    end
end

local function set_count(field, count)
    if count > 0 then
        redis.call('HSET', p .. 'counts', field, digits(count))
    else
        redis.call('HDEL', p .. 'counts', field)
    end
end

-- The last one lets the content go, as lib/refs.lua does.
local function set_refs(event, count)
    if count > 0 then
        redis.call('HSET', p .. 'refs', event, digits(count))
    else
        redis.call('HDEL', p .. 'refs', event)
        redis.call('DEL', p .. 'kept:' .. event)
    end
end

local function find_cursor_jobs()
    for i = 4, #ARGV, 3 do
        local td, cd, u = ARGV[i], ARGV[i + 1], ARGV[i + 2]
        local cursor = get_cursor(td, cd)
        if cursor and cursor.mode == 'run' and digits(cursor.u) == u and
            not cursor_jobs[td .. ' ' .. cd .. ' ' .. u] then
            note('cursor:' .. td, cd, 'its cursor job is lost', function()
                post_cursor_job(td, cd, cursor)
            end)
        end
    end
end

count_jobs()
compare('refs', jobs, function() return true end, set_refs)
compare('counts', waiting_counts(), function(field)
    return field == 'p' or string.find(field, '^[hca]:') ~= nil
end, set_count)
find_cursor_jobs()
return found
