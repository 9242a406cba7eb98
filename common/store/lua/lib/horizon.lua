-- horizon.lua - the trim horizon of the log.
--
-- uses: shard

-- The id before which no event is in `log`.
local function get_horizon()
    return string.match(redis.call('GET', p .. 'horizon') or '',
        '^%d+%-%d+$') or '0-0'
end

