-- progress_set.lua - notes how far an open event has come (progress_get.lua).
--
-- uses: shard

local function set_progress(event, last, topic)
    redis.call('HSET', p .. 'fanout', event, last .. ' ' .. topic)
end

