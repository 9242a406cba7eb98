-- pull_tail.lua - where the log of a shard ends and begins.
--
-- ARGV  none
-- Returns {last id that the log has given, 0-0 for none ever; an id before which
-- there is no event in the log, and behind which none has left it; how many pull
-- subscriptions the shard has}.
--
-- What reads an entry reads its body, of a MiB or more.  A new consumer group
-- begins at the last id and says so: it costs 5 us in place of 1,400 us, and is gone at
-- the end of the step.  At its memory limit Redis makes none.
--
-- Repeated: it changes nothing.
--
-- uses: shard, horizon, ids, id_after

local log, GROUP = p .. 'log', 'tail'

local function last_of_group()
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', log)) do
        if group[2] == GROUP then
            return group[8]
        end
    end
end

local function last_of_entries()
    local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
    return last and last[1]
end

local function last_of_emptied()
    local info = redis.pcall('XINFO', 'STREAM', log)
    for i = 1, info.err and 0 or #info, 2 do
        if info[i] == 'last-generated-id' then
            return info[i + 1]
        end
    end
    return '0-0'
end

local function find_last()
    if redis.pcall('XGROUP', 'CREATE', log, GROUP, '$').err then
        return last_of_entries() or last_of_emptied()
    end
    local last = last_of_group()
    redis.call('XGROUP', 'DESTROY', log, GROUP)
    return last
end

-- The trim horizon, unless the log ends before it: it was emptied, or was lost, and
-- ids began anew.
local function find_first(last)
    local horizon = get_horizon()
    if not id_before(last, horizon) then
        return horizon
    end
    return redis.call('XLEN', log) > 0 and '0-0' or id_after(last)
end

local last = find_last()
return { last, find_first(last), redis.call('ZCARD', p .. 'pulls') }
