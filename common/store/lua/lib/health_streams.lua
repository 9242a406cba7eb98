-- health_streams.lua - what the health monitor asks of streams.
--
-- uses: shard

local function has_entry(stream, id)
    return #redis.call('XRANGE', p .. stream, id, id) > 0
end

-- Whether an event has its content, in the log or beside it.
local function has_content(event)
    return string.find(event, '^%d+%-%d+$') and
        (has_entry('log', event) or
         redis.call('EXISTS', p .. 'kept:' .. event) == 1)
end
