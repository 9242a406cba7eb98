-- fetch_defer.lua - what is not to be fetched as early as it would be.
--
-- uses: numbers, fetch_set

-- What wants a fetch, since it was announced meanwhile, does so no earlier than at
-- `due_ms`.  False when nothing does.
local function defer_fetch(member, due_ms)
    if not redis.call('ZSCORE', set_of(member), member) then
        return false
    end
    redis.call('ZADD', set_of(member), 'XX', 'GT', digits(due_ms), member)
    return true
end

