-- cursor_end.lua - the end of cursor mode.
--
-- uses: shard

-- Ends the cursor mode of a subscription that has got everything.  An event whose
-- pages have yet to come to it comes as a job.
local function end_cursor_mode(td, cd)
    redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
    redis.call('HDEL', p .. 'cursor:' .. td, cd)
end

