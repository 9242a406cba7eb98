-- pull_held.lua - what was taken of a pull subscription is held by who took it.

-- Whether another than `token` holds it at `now`.  A hold that would last longer
-- than any was given by a clock that went wrong.
local function is_held(pull, token, held_ms, now)
    return pull.by and pull.by ~= token and now < pull.held_until and
        pull.held_until <= now + held_ms
end

