-- event_position.lua - from where a process reads the cluster events.
--
-- ARGV  1 stream, 2 name of the process, 3 the position that it has come to,
--       `ID N` as in `positions`, or "" for the one that was saved under its
--       name
-- Returns {ID, N, events that were trimmed before they were read}: it reads on
-- after ID, and N events have been added up to there.  A process without a
-- position begins at the end.  A stream that ends before the position, or has
-- fewer events than it, is another one (FLUSHALL): it is read from its start.
--
-- Atomic: the position and what the stream is then.
--
-- Repeated: nothing is changed by then.
--
-- uses: shard, numbers, time, ids

-- Names that hold a process id are never used again.
local POSITIONS_MAX = 1000
local POSITION_LASTS_MS = 86400000

local function drop_old_positions()
    local rows = redis.call('HGETALL', p .. 'positions')
    local oldest = now_ms() - POSITION_LASTS_MS
    for i = 1, #rows, 2 do
        if tonumber(string.match(rows[i + 1], '^%d+') or 0) < oldest then
            redis.call('HDEL', p .. 'positions', rows[i])
        end
    end
end

local length, added, last = 0, 0, '0-0'
local info = redis.pcall('XINFO', 'STREAM', p .. ARGV[1])
for i = 1, #info, 2 do
    if info[i] == 'length' then
        length = info[i + 1]
    elseif info[i] == 'entries-added' then
        added = info[i + 1]
    elseif info[i] == 'last-generated-id' then
        last = info[i + 1]
    end
end

local position = ARGV[3] ~= '' and ARGV[3] or
    redis.call('HGET', p .. 'positions', ARGV[2])
local id, n = string.match(position or '', '^(%d+%-%d+) (%d+)$')
n = tonumber(n)
if not id then
    if redis.call('HLEN', p .. 'positions') > POSITIONS_MAX then
        drop_old_positions()
    end
    return { last, digits(added), 0 }
end
if added < n or id_before(last, id) then
    id, n = '0-0', 0
end
local missed = math.max(0, added - length - n)
return { id, digits(n + missed), missed }
