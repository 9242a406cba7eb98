-- alert_notices.lua - which notices a channel is to be sent next.
--
-- ARGV  1 epoch of the coordinator, 2 channel, 3 id of the last one that was sent,
--       "" for that of before, 4 most notices
-- Returns of each notice id, `raised` or `resolved`, kind, subject, detail and since
--         when (ms).  FENCED: the caller is not the coordinator.
--
-- A channel that there was none of begins behind the notices that are there.
--
-- Atomic: the place is set, and the next ones are read.
--
-- Repeated: the same.
--
-- uses: shard, memory, fenced

local channel, sent = ARGV[2], ARGV[3]

check_owner(ARGV[1])
pass_memory_limit()
if sent == '' then
    sent = redis.call('HGET', p .. 'alerts_sent', channel)
end
if not sent then
    local last = redis.call('XREVRANGE', p .. 'notices', '+', '-', 'COUNT', 1)[1]
    sent = last and last[1] or '0-0'
end
redis.call('HSET', p .. 'alerts_sent', channel, sent)
local next = {}
for _, entry in ipairs(redis.call('XRANGE', p .. 'notices', '(' .. sent, '+',
    'COUNT', ARGV[4])) do
    local fields = {}
    for i = 1, #entry[2], 2 do
        fields[entry[2][i]] = entry[2][i + 1]
    end
    for _, word in ipairs({ entry[1], fields.a or '', fields.k or '',
        fields.s or '', fields.d or '', fields.since or '0' }) do
        next[#next + 1] = word
    end
end
return next
