-- parked.lua - jobs that wait for their host's capacity.
--
-- uses: shard, waiting, counts

-- Moves up to `most` jobs that wait for host `h` to the outbox, the oldest
-- first.  Returns how many, and how many are left.
local function unpark(h, most)
    local members = redis.call('LPOP', p .. 'parked:' .. h, most) or {}
    if #members > 0 then
        count_on(p .. 'counts', 'p', -#members)
    end
    for _, member in ipairs(members) do
        post_waiting(member)
    end
    return #members, redis.call('LLEN', p .. 'parked:' .. h)
end

