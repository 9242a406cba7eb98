-- announce.lua - topics were announced.
--
-- uses: shard, numbers, pace, fetch_wake, announced_count, wanted

-- Those of the topics that somebody wants, and their TDs.
local function wanted_of(topics, tds)
    local keys = {}
    for i, td in ipairs(tds) do
        keys[i] = p .. 'sub:' .. td
    end
    if redis.call('EXISTS', unpack(keys)) == #keys then
        return topics, tds
    end
    local some, their_tds = {}, {}
    for i, key in ipairs(keys) do
        if is_wanted(topics[i], redis.call('EXISTS', key)) then
            some[#some + 1] = topics[i]
            their_tds[#some] = tds[i]
        end
    end
    return some, their_tds
end

-- What is noted as the failures of a topic whose last fetch went well.
local DID_WELL = -1

local function did_well(td)
    return redis.call('HGET', p .. 'topic:' .. td, 'error') == ''
end

-- What failed before has all its attempts again.  Who takes a topic is told when
-- its last fetch went well: it need not wait with those nobody knows.
local function note_failures(members, tds)
    local well, others = {}, {}
    for i, td in ipairs(tds) do
        if did_well(td) then
            well[#well + 1] = members[i]
            well[#well + 1] = DID_WELL
        else
            others[#others + 1] = members[i]
        end
    end
    if #well > 0 then
        redis.call('HSET', p .. 'fetch_failures', unpack(well))
    end
    if #others > 0 then
        redis.call('HDEL', p .. 'fetch_failures', unpack(others))
    end
end

-- Those that are not counted yet, and their TDs.
local function uncounted_of(members, tds)
    local wanted = redis.call('ZMSCORE', p .. 'fetch', unpack(members))
    local held = redis.call('HMGET', p .. 'fetching', unpack(members))
    local failures = redis.call('HMGET', p .. 'fetch_failures',
        unpack(members))
    local new, their_tds, seen = {}, {}, {}
    for i, member in ipairs(members) do
        local waits = wanted[i] or held[i]
        if not seen[member] and not (waits and is_counted(failures[i])) then
            new[#new + 1] = member
            their_tds[#new] = tds[i]
            seen[member] = true
        end
    end
    return new, their_tds
end

-- Whether one of those is too many for its host.  None is whose last fetch went
-- well: what strangers announce of somebody else's host does not keep it out.
local function are_too_many(new, their_tds, most_of_host)
    local full = {}
    for host in pairs(most_of_host > 0 and by_host(new) or {}) do
        local count = redis.call('HGET', p .. 'counts', 'a:' .. host)
        full[host] = (tonumber(count or 0) or 0) >= most_of_host
    end
    for i, member in ipairs(new) do
        if full[host_of(member)] and not did_well(their_tds[i]) then
            return true
        end
    end
    return false
end

-- A topic that nobody wants is not fetched, so strangers can't fill
-- Redis with topics.  Of a host with `most_of_host` (0: no limit) that are counted
-- no further ones are taken: false, and nothing is changed.
local function announce(topics, tds, now, most_of_host)
    if #topics == 0 then
        return true
    end
    topics, tds = wanted_of(topics, tds)
    if #topics == 0 then
        return true
    end
    local dues, members, wanted = {}, {}, {}
    for i, pace in ipairs(get_paces(tds)) do
        members[i] = 'p ' .. topics[i]
        wanted[members[i]] = true
        dues[2 * i - 1] = digits(now + pace_left(pace, now))
        dues[2 * i] = members[i]
    end
    local new, their_tds = uncounted_of(members, tds)
    if are_too_many(new, their_tds, most_of_host) then
        return false
    end
    count_announced(by_host(new), 1)
    redis.call('ZADD', p .. 'fetch', 'LT', unpack(dues))
    note_failures(members, tds)
    wake_for_first(p .. 'fetch', wanted)
    return true
end

