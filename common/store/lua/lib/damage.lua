-- damage.lua - what can't be used is noted, so that an operator sees it.
--
-- `damaged` is a stream.  A key that was moved out of the way is kept beside it,
-- as `damaged:ID`, ID being its entry; a field or member is in its entry.
--
-- uses: shard

local DAMAGE_KEPT = 100 -- of a shard
local DAMAGE_BYTES = 1024

-- Notes what was damaged, a key without its prefix, and why; `part` and `value`
-- are a field or member of it, nil for the whole.  Returns the entry.
local function note_damage(name, why, part, value)
    local list = p .. 'damaged'
    if redis.call('TYPE', list).ok ~= 'stream' then
        redis.call('DEL', list)
    elseif redis.call('XLEN', list) >= DAMAGE_KEPT then
        local oldest = redis.call('XRANGE', list, '-', '+', 'COUNT', 1)[1][1]
        redis.call('DEL', p .. 'damaged:' .. oldest)
        redis.call('XDEL', list, oldest)
    end
    return redis.call('XADD', list, '*', 'v', 1,
        'key', string.sub(name, 1, DAMAGE_BYTES), 'why', why,
        'part', string.sub(part or '', 1, DAMAGE_BYTES),
        'value', string.sub(value or '', 1, DAMAGE_BYTES))
end

