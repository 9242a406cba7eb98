-- split.lua - split bundles that were taken over.
--
-- ARGV  pairs of a lane and an entry
-- Returns the number of jobs that were posted, each as an entry of its own.
--
-- Atomic: a job is in its bundle or posted by itself.  The acknowledgement comes
-- first: Redis at its memory limit refuses a script whose first write needs
-- memory.
--
-- Repeated: a bundle that is no longer pending was split before.
--
-- uses: shard, split, trim

local posted = 0
for i = 1, #ARGV, 2 do
    local lane, id = ARGV[i], ARGV[i + 1]
    local found = redis.call('XRANGE', p .. lane, id, id)[1]
    if redis.call('XACK', p .. lane, 'deliver', id) == 1 and found then
        posted = posted + split_bundle(lane, id, found[2][2], found[2][4])
        trim(lane, 'deliver')
    end
end
return posted
