-- split.lua - split bundles that were taken over.
--
-- ARGV  pairs of a lane and an entry
-- Returns the number of jobs that were posted, each as an entry of its own.
--
-- Atomic: a job is in its bundle or posted by itself.  One that the process
-- which held the bundle has settled (`parts`) is neither.  A process ended
-- while it held the others, so each begins with a crash count of one
-- (crashes.lua).  The acknowledgement comes first: Redis at its memory limit
-- refuses a script whose first write needs memory.
--
-- Repeated: a bundle that is no longer pending was split before.
--
-- uses: shard, job, trim

local posted = 0

-- `left` is a mask: bit 0 is the first job.
local function post_each(event, targets, left)
    local position = 0
    for c in string.gmatch(targets, '%S+') do
        if bit.band(left, bit.lshift(1, position)) ~= 0 then
            local entry = post_job(event, c)
            redis.call('HSET', p .. 'crashes', 'outbox ' .. entry, '1 -')
            posted = posted + 1
        end
        position = position + 1
    end
end

for i = 1, #ARGV, 2 do
    local lane, id = ARGV[i], ARGV[i + 1]
    local field = lane .. ' ' .. id
    local found = redis.call('XRANGE', p .. lane, id, id)[1]
    local left = redis.call('HGET', p .. 'parts', field) or 0xffff
    if redis.call('XACK', p .. lane, 'deliver', id) == 1 and found then
        redis.call('HDEL', p .. 'parts', field)
        post_each(found[2][2], found[2][4], tonumber(left))
        trim(lane, 'deliver')
    end
end
return posted
