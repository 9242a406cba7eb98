-- held_again.lua - an entry is held; who owns the shard, or is woken, brings it back.
--
-- uses: shard, numbers, held

local function hold_entry(from, fields, tries, why)
    local member, due_ms = add_held(from, fields, tries, why)
    redis.call('ZADD', p .. 'retry', digits(due_ms), member)
end
