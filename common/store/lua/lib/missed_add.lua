-- missed_add.lua - a job becomes missed.
--
-- uses: shard, missed, tally_add

-- Notes that the event goes to the cursor jobs of the subscription, `again` when
-- it is replayed.  They hold no reference to it: the caller takes the job's off.
local function add_missed(td, cd, event, again)
    redis.call('ZADD', p .. 'missed:' .. td .. ':' .. cd, 0,
        missed_member(event) .. (again and '!' or ''))
    tally_add(event, '', -1)
    tally_add(event, ' c', 1)
end
