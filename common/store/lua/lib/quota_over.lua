-- quota_over.lua - whether there may be one more subscription.
--
-- uses: quota, subscription_count

-- No host and no topic has more subscriptions than the shard, so where those are
-- few there is nothing to look at.
-- `total` is how many there are in the shard; the limits are texts, 0 for none.
-- Returns nil, or the limit that is reached, by its number in request.lua.
local function over_quota(td, host, total, most, most_of_host, most_of_topic)
    total = tonumber(total or 0) or 0
    if most ~= '0' and total >= tonumber(most) then
        return 20
    end
    if most_of_host ~= '0' and total >= tonumber(most_of_host) then
        local count = redis.call('HGET', host_place(host))
        if (tonumber(count or 0) or 0) >= tonumber(most_of_host) then
            return 21
        end
    end
    if most_of_topic ~= '0' and total >= tonumber(most_of_topic) and
        count_of_topic(td) >= tonumber(most_of_topic) then
        return 22
    end
end

