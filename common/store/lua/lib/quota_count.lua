-- quota_count.lua - a subscription came or went.
--
-- uses: shard, everything, quota

-- `by` is '1' or '-1'; `host` as host_id() has it.
local function count_subscription(td, host, by)
    if td == EVERYTHING and
        redis.call('HEXISTS', p .. 'counts', 'home') == 0 then
        return
    end
    local key, field = host_place(host)
    if redis.call('HINCRBY', p .. 'counts', 's', by) <= 0 then
        redis.call('HDEL', p .. 'counts', 's')
    end
    if redis.call('HINCRBY', key, field, by) <= 0 then
        redis.call('HDEL', key, field)
    end
end

