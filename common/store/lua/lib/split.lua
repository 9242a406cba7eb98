-- split.lua - from a bundle to entries of one job.
--
-- uses: shard, job

-- Posts what is left of a bundle that was acknowledged just now, each job as an
-- entry of its own; returns their number.  A job that the process which held the
-- bundle has settled (`parts`) is not posted.  A process ended while it held the
-- others, so each begins with a crash count of one.
local function split_bundle(lane, id, event, targets)
    local field = lane .. ' ' .. id
    local left = tonumber(redis.call('HGET', p .. 'parts', field) or '') or
        0xffff
    local position, posted = 0, 0 -- bit 0 of `left` is the first job
    redis.call('HDEL', p .. 'parts', field)
    for c in string.gmatch(targets, '%S+') do
        if bit.band(left, bit.lshift(1, position)) ~= 0 then
            local entry = post_job(event, c)
            redis.call('HSET', p .. 'crashes', 'outbox ' .. entry, '1 -')
            posted = posted + 1
        end
        position = position + 1
    end
    return posted
end

