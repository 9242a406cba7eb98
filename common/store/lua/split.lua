-- split.lua - take bundles that were taken over apart.
--
-- ARGV  pairs of a lane and an entry
-- Returns the number of jobs that were posted, each as an entry of its own.
--
-- Atomic: a job is in its bundle or posted by itself.  One that the worker who
-- held the bundle has settled (`parts`) is neither.  A worker ended while it
-- held the others, so each begins with a crash count of one (suspect.lua).  The
-- acknowledgement comes first: Redis at its memory limit refuses a script whose
-- first write needs memory.
--
-- uses: prelude

local function positions(left)
    local found = {}
    for position in string.gmatch(left, '%d+') do
        found[tonumber(position)] = true
    end
    return found
end

local posted = 0

local function post_each(event, targets, left)
    local wanted, position = left and positions(left), 0
    for c in string.gmatch(targets, '%S+') do
        position = position + 1
        if not wanted or wanted[position] then
            local entry = post_job(event, c, 0, 0)
            redis.call('HSET', p .. 'crashes', 'outbox ' .. entry, 1)
            posted = posted + 1
        end
    end
end

for i = 1, #ARGV, 2 do
    local lane, id = ARGV[i], ARGV[i + 1]
    local field = lane .. ' ' .. id
    local found = redis.call('XRANGE', p .. lane, id, id)[1]
    local left = redis.call('HGET', p .. 'parts', field)
    if redis.call('XACK', p .. lane, 'deliver', id) == 1 and found then
        redis.call('HDEL', p .. 'parts', field)
        post_each(found[2][2], found[2][4], left)
        trim(lane, 'deliver')
    end
end
return posted
