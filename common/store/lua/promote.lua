-- promote.lua - move due work from `retry` to the stream it belongs to.
--
-- ARGV  1 epoch, 2 most entries to move, 3 how many times what can't be
--       interpreted is tried
-- Returns {entries moved, ms until the next is due, or -1 when none waits}.
-- FENCED: the epoch is over.
--
-- Atomic: an entry is in `retry` or in its stream, never in both or neither.
-- It is removed first: Redis at its memory limit refuses a script whose first
-- write needs memory, and retries are what lets memory go.  A member that can't be
-- interpreted is held (lib/held.lua); what was held goes back to its stream.
--
-- Jobs that wait for a host whose process does not come back for them move in
-- bites, so that they find a place before the host.
--
-- Repeated: the next entries that are due move.
--
-- uses: shard, time, numbers, held_end, waiting, parked, fenced

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

local function post_verification(member)
    local q, g, n = string.match(member, '^v (%S+) (%d+) (%d+)$')
    if q then
        redis.call('XADD', p .. 'verify', '*', 'q', q, 'g', g, 'n', n)
    end
    return q
end

local promote_member

-- Of a member it is looked whether it can be interpreted now.
local function promote_held(member)
    -- uses: held_back, letter

    local id = string.match(member, '^u (%d+%-%d+)$')
    local entry = id and redis.call('XRANGE', p .. 'held', id, id)[1]
    if not entry then
        return
    end
    redis.call('XDEL', p .. 'held', id)
    local fields, own = letter_fields(entry), own_fields(entry[2])
    local tries = tonumber(fields.n) or 0
    if not put_back(fields.from, own, digits(tries)) then
        promote_member(own[2] or '', tries)
    end
end

-- What becomes of a member of each kind: false when it can't be interpreted, else
-- the number of entries it makes, or what stands for 1.
local kinds = {
    d = post_job_of,
    f = post_job_of,
    h = promote_host,
    v = post_verification,
}

-- `tries` so far, 0 for one that comes for the first time.
promote_member = function(member, tries)
    local move = kinds[string.sub(member, 1, 1)]
    local made = move and move(member)
    if not made then
        hold_or_give_up('retry', { 'm', member }, tries + 1, 'no member of retry',
            tonumber(ARGV[3]))
    end
    return made
end

local due = redis.call('ZRANGEBYSCORE', p .. 'retry', '-inf', digits(now),
    'LIMIT', 0, most)
for _, member in ipairs(due) do
    if moved >= most then
        break
    end
    redis.call('ZREM', p .. 'retry', member)
    local made
    if string.sub(member, 1, 2) == 'u ' then
        promote_held(member)
    else
        made = promote_member(member, 0)
    end
    moved = moved + (tonumber(made) or 1)
end

local first = redis.call('ZRANGE', p .. 'retry', 0, 0, 'WITHSCORES')
if #first == 0 then
    return { moved, -1 }
end
return { moved, math.max(0, first[2] - now_ms()) }
