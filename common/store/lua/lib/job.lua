-- job.lua - jobs enter the outbox.
--
-- uses: shard

-- Posts the job of event `e` for target `c`, without attempts or crashes;
-- returns its entry.
local function post_job(e, c)
    return redis.call('XADD', p .. 'outbox', '*', 'e', e, 'c', c)
end

