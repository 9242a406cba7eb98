-- fetch.lua - something is to be fetched.
--
-- uses: numbers, fetch_set, fetch_wake

-- A member wants a fetch at `due_ms`, or earlier when it does already.
local function want_fetch(member, due_ms)
    local set = set_of(member)
    redis.call('ZADD', set, 'LT', digits(due_ms), member)
    wake_for_first(set, { [member] = true })
end

