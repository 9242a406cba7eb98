-- position_set.lua - moves the position (position_get.lua).
--
-- uses: shard, numbers

local function set_position(id, n)
    redis.call('HSET', p .. 'position', 'id', id, 'n', digits(n))
end

