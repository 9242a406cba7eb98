-- pace_set.lua - a topic is not to be fetched again for a while.
--
-- uses: shard, numbers

local FORGOTTEN_AFTER_MS = 1000

-- Not before `ms` after `now`, or later where that was said before: `left` is
-- what pace_left() says.  Returns how long that is.
local function set_pace(td, ms, left, now)
    if ms <= left then
        return left
    end
    redis.call('SET', p .. 'paced:' .. td, digits(now + ms) .. ' ' .. digits(ms),
        'PX', digits(ms + FORGOTTEN_AFTER_MS))
    return ms
end

