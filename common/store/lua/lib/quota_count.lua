-- quota_count.lua - a subscription came or went.
--
-- uses: shard, everything, quota, url_topic

local function count_active(field, by)
    if redis.call('HINCRBY', p .. 'counts', field, by) <= 0 then
        redis.call('HDEL', p .. 'counts', field)
    end
end

-- `by` is '1' or '-1'; `topic` is its text, false where that was lost; `host` as
-- host_id() has it.
local function count_subscription(td, topic, host, by)
    if td == EVERYTHING and
        redis.call('HEXISTS', p .. 'counts', 'home') == 0 then
        return
    end
    local key, field = host_place(host)
    count_active('s', by)
    if is_url(topic) then
        count_active('u', by)
    end
    if redis.call('HINCRBY', key, field, by) <= 0 then
        redis.call('HDEL', key, field)
    end
end
