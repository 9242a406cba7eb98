-- position_get.lua - how far the fan-out has come in the log.
--
-- `position` is a hash: `id` of the last event that has begun, or was rejected,
-- and `n`, how many that were in all.  Before the first one it is 0-0.
--
-- uses: shard

local function get_position()
    local at = redis.call('HMGET', p .. 'position', 'id', 'n')
    return at[1] or '0-0', tonumber(at[2] or 0)
end

