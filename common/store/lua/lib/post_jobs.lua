-- post_jobs.lua - an event's jobs enter a lane.
--
-- What an entry costs Redis and deliver is shared by the jobs of its bundle.
--
-- uses: shard

local BUNDLE_JOBS = 16 -- deliver/bundle.h: at most

local function post_jobs(lane, event, targets)
    for i = 1, #targets, BUNDLE_JOBS do
        redis.call('XADD', p .. lane, '*', 'e', event, 'c',
            table.concat(targets, ' ', i,
                math.min(i + BUNDLE_JOBS - 1, #targets)))
    end
    if #targets > 0 then
        redis.call('HINCRBY', p .. 'refs', event, #targets)
    end
end

