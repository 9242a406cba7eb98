-- denial.lua - a callback is told that it is denied (WebSub section 5.2).
--
-- uses: shard, numbers, host, requests

-- Queues the denial and drops the request that it answers.  `d` has td, cd,
-- topic, given (the topic as the subscriber knows it), callback, reason ("" for
-- none), the denial's generation, and maybe client, who sent the request; else it
-- is the one of the request that is dropped.
local function tell_denial(d)
    local key = d.td .. ':' .. d.cd
    local request = p .. 'request:' .. key .. ':d'
    local asked, told = drop_request(key .. ':s'), drop_request(key .. ':d')
    local host, client = host_id(d.callback), d.client or
        string.match(asked or told or '', ' (%S+)$') or '-'
    redis.call('HSET', request, 'v', 1, 'g', digits(d.generation),
        't', d.topic, 'tg', d.given, 'c', d.callback, 'r', d.reason, 'w', host .. ' ' .. client)
    local entry = redis.call('XADD', p .. 'verify', '*', 'q', key .. ':d',
        'g', digits(d.generation))
    redis.call('ZADD', p .. 'pending', string.match(entry, '^(%d+)%d%d%d%-'),
        key .. ':d ' .. host .. ' ' .. client)
    redis.call('HINCRBY', p .. 'counts', 'h:' .. host, 1)
    redis.call('HINCRBY', p .. 'counts', 'c:' .. client, 1)
end

