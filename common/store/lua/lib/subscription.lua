-- subscription.lua - reads active subscriptions.
--
-- uses: shard, record

-- The record of a subscription, and its fields; nil when there is none.
local function get_sub(td, cd)
    local record = redis.call('HGET', p .. 'sub:' .. td, cd)
    if not record then
        return nil
    end
    return record, parse_record(record)
end

