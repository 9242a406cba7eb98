-- cursor_get.lua - reads the cursor of a subscription.
--
-- uses: shard, cursor_parse

-- nil when the subscription is not in cursor mode, or its cursor was damaged.
local function get_cursor(td, cd)
    local text = redis.call('HGET', p .. 'cursor:' .. td, cd)
    return text and parse_cursor(text)
end

