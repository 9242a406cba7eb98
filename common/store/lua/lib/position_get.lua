-- position_get.lua - how far the fan-out has come in the log.
--
-- `position` is a hash: `id` of the last event that has begun, or was rejected,
-- and `n`, how many that were in all.  Before the first one, and when it can't be
-- read, it is 0-0.
--
-- uses: shard

local function get_position()
    local at = redis.call('HMGET', p .. 'position', 'id', 'n')
    return string.match(at[1] or '', '^%d+%-%d+$') or '0-0',
        tonumber(at[2] or 0) or 0
end

