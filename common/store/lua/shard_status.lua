-- shard_status.lua - how far a shard is.
--
-- ARGV  none
-- Returns {name of the owner or false, its incarnation, epoch, ms that it is
--          owned for, id of the last event that has begun or false, events that
--          have begun in all, events of `log` that have not, open events,
--          entries of `bulk` and of `outbox` that nobody has read,
--          age in ms of the oldest event that is open or has not begun, or -1}.
--
-- Atomic: all of it is of one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, time, ids, lease

-- Open events of which the oldest one is looked for.  One spreader has fewer
-- open at a time.
local OPEN_MAX = 10000

-- What XINFO STREAM says; nil without the stream.
local function stream_info(name)
    local flat = redis.pcall('XINFO', 'STREAM', p .. name)
    if flat.err then
        return nil
    end
    local info = {}
    for i = 1, #flat, 2 do
        info[flat[i]] = flat[i + 1]
    end
    return info
end

-- Entries of a lane that group `deliver` has not read; all of them when Redis
-- does not know, or has no group.
local function waiting(lane)
    local groups = redis.pcall('XINFO', 'GROUPS', p .. lane)
    for _, group in ipairs(groups.err and {} or groups) do
        local lag
        for i = 1, 11, 2 do
            lag = group[i] == 'lag' and group[i + 1] or lag
        end
        if group[2] == 'deliver' and lag then
            return lag
        end
    end
    return redis.call('XLEN', p .. lane)
end

local function oldest_open()
    local oldest
    local fields = redis.call('HSCAN', p .. 'fanout', 0, 'COUNT', OPEN_MAX)[2]
    for i = 1, #fields, 2 do
        local id = fields[i]
        if string.match(id, '^%d+%-%d+$') and
            (not oldest or id_before(id, oldest)) then
            oldest = id
        end
    end
    return oldest
end

local now = now_ms()
local owner = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
local owned = owner[1] and is_valid(owner[4], now)
local position = redis.call('HMGET', p .. 'position', 'id', 'n')
local begun = tonumber(position[2] or 0)
local log = stream_info('log')

local lag, unbegun = 0, nil
if log and id_before(position[1] or '0-0', log['last-generated-id']) then
    lag = math.max(0, log['entries-added'] - begun)
    unbegun = redis.call('XRANGE', p .. 'log', '(' .. (position[1] or '0-0'),
        '+', 'COUNT', 1)[1]
end
local oldest = oldest_open() or unbegun and unbegun[1]
local age = oldest and
    math.max(0, now - tonumber(string.match(oldest, '^%d+'))) or -1

return { owned and owner[1], owned and owner[2] or '0',
         owned and owner[3] or '0', digits(owned and owner[4] - now or 0),
         position[1], digits(begun), lag, redis.call('HLEN', p .. 'fanout'),
         waiting('bulk'), waiting('outbox'), age }
