-- waiting.lua - jobs that waited enter the outbox again.
--
-- uses: shard

-- Posts what a member of `retry` or `parked:H` stands for: `d E C N K`, a job,
-- or `f TD CD U N K`, a cursor job.  An entry with N, even 0, has waited.  False
-- for a member that is neither.
local function post_job_of(member)
    local a, b, u, n, k =
        string.match(member, '^f (%S+) (%S+) (%d+) (%d+) (%d+)$')
    if a then
        redis.call('XADD', p .. 'outbox', '*', 'f', a, 'c', b, 'u', u,
            'n', n, 'k', k)
        return true
    end
    a, b, n, k = string.match(member, '^d (%S+) (%S+) (%d+) (%d+)$')
    if not a then
        return false
    end
    redis.call('XADD', p .. 'outbox', '*', 'e', a, 'c', b, 'n', n, 'k', k)
    return true
end

-- The same; what is neither is held.
local function post_waiting(member)
    if not post_job_of(member) then
        -- uses: held_again

        hold_entry('retry', { 'm', member }, 1, 'no job')
    end
end

