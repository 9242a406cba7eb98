-- promote.lua - move due work from `retry` to the stream it belongs to.
--
-- ARGV  1 epoch, 2 most entries to move
-- Returns {entries moved, ms until the next is due, or -1 when none waits}.
-- FENCED: the epoch is over.
--
-- Atomic: an entry is in `retry` or in its stream, never in both or neither.
-- It is removed first: Redis at its memory limit refuses a script whose first
-- write needs memory, and retries are what lets memory go.  A malformed entry
-- only leaves a note in `damaged`.
--
-- Jobs that wait for a host whose process does not come back for them move in
-- bites, so that they find a place before the host.
--
-- Repeated: the next entries that are due move.
--
-- uses: shard, time, numbers, waiting, parked, fenced

local HOST_BITE = 64
local HOST_EVERY_MS = 1000

check_owner(ARGV[1])
local most = tonumber(ARGV[2])
local now = now_ms()
local moved = 0

local function promote_host(member)
    local h = string.sub(member, 3)
    local count, left = unpark(h, math.min(HOST_BITE, most - moved))
    if left > 0 then
        redis.call('ZADD', p .. 'retry', digits(now + HOST_EVERY_MS), member)
    end
    return count
end

-- What becomes of an entry of each kind; the number of entries it makes is 1
-- when none is returned.
local kinds = {
    d = post_waiting,
    f = post_waiting,
    h = promote_host,
    v = function(member)
        local q, g, n = string.match(member, '^v (%S+) (%d+) (%d+)$')
        if not q then
            return post_waiting(member)
        end
        redis.call('XADD', p .. 'verify', '*', 'q', q, 'g', g, 'n', n)
    end,
}

local due = redis.call('ZRANGEBYSCORE', p .. 'retry', '-inf', digits(now),
    'LIMIT', 0, most)
for _, member in ipairs(due) do
    if moved >= most then
        break
    end
    redis.call('ZREM', p .. 'retry', member)
    local move = kinds[string.sub(member, 1, 1)] or post_waiting
    moved = moved + (move(member) or 1)
end

local first = redis.call('ZRANGE', p .. 'retry', 0, 0, 'WITHSCORES')
if #first == 0 then
    return { moved, -1 }
end
return { moved, math.max(0, first[2] - now_ms()) }
