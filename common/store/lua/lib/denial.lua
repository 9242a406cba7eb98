-- denial.lua - a callback is told that it is denied (WebSub section 5.2).
--
-- uses: shard, numbers

local DENIAL_LASTS_S = 3600

-- Queues the denial and drops the request that it answers.  `d` has td, cd,
-- topic, given (the topic as the subscriber knows it), callback, reason ("" for
-- none) and the denial's generation.
local function tell_denial(d)
    local key = d.td .. ':' .. d.cd
    local request = p .. 'request:' .. key .. ':d'
    redis.call('DEL', p .. 'request:' .. key .. ':s', request)
    redis.call('HSET', request, 'v', 1, 'g', digits(d.generation),
        't', d.topic, 'tg', d.given, 'c', d.callback, 'r', d.reason)
    redis.call('EXPIRE', request, DENIAL_LASTS_S)
    redis.call('XADD', p .. 'verify', '*', 'q', key .. ':d',
        'g', digits(d.generation))
end

