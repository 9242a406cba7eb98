-- requests.lua - requests that wait are ended.
--
-- uses: shard, pending_end

-- Ends a request, if it waits; returns its WHO.
local function drop_request(q)
    local who = redis.call('HGET', p .. 'request:' .. q, 'w')
    redis.call('DEL', p .. 'request:' .. q)
    if who then
        end_pending(q, who)
    end
    return who
end

