-- pull_drop.lua - ends a pull subscription.
--
-- It is in three keys: the hash `pull:ID`, and the sorted sets `pulls` (all
-- ids) and `pull_seen` (when each ends).
--
-- uses: shard

-- The hash goes last: a script that ends in between is repeated by whoever comes
-- to it then.
local function drop_pull(id)
    redis.call('ZREM', p .. 'pulls', id)
    redis.call('ZREM', p .. 'pull_seen', id)
    redis.call('DEL', p .. 'pull:' .. id)
end

