-- settle.lua - settle a batch of jobs.
--
-- ARGV  for each job: entry of `outbox`, event id, its `c` (CD or CD:LEVEL), then
--         done                                delivered, or nobody to deliver to
--         gone TD GENERATION                  410: the subscription ends
--         later N DELAY_MS                    try again; N failures so far
--         dead N TOPIC CALLBACK WHY           given up
-- Returns the number of jobs that were settled by this call.
--
-- Atomic: acknowledging a job and what becomes of it.  A job that is no
-- longer pending was settled before (a repeated call, or another process
-- after a takeover) and is left alone, so references are counted off once.
-- What is settled leaves the queue at once, but for what stands behind a job
-- that is still pending: so little comes again when the group is lost.

local settled = 0
local finished = {}
local at = 1
local now = now_ms()

local words = { done = 4, gone = 6, later = 6, dead = 8 }

while at <= #ARGV do
    local id, event, cd, outcome = unpack(ARGV, at, at + 3)
    local a, b, c, d = unpack(ARGV, at + 4, at + 7)
    at = at + words[outcome]
    if redis.call('XACK', p .. 'outbox', 'deliver', id) == 1 then
        settled = settled + 1
        if outcome == 'later' then
            redis.call('ZADD', p .. 'retry', digits(now + b),
                'd ' .. event .. ' ' .. cd .. ' ' .. a)
        elseif outcome == 'dead' then
            redis.call('XADD', p .. 'dead', '*', 'v', 1, 'e', event,
                't', b, 'c', cd, 'cb', c, 'n', a, 'why', d)
        else
            finished[event] = (finished[event] or 0) + 1
            if outcome == 'gone' then
                local callback = string.match(cd, '^[^:]+')
                local record = redis.call('GET',
                    p .. 'sub:' .. a .. ':' .. callback)
                local sub = record and parse_sub(record)
                if sub and sub.generation == tonumber(b) then
                    end_subscription(a, callback)
                end
            end
        end
    end
end
for event, count in pairs(finished) do
    release(event, count)
end
trim('outbox', 'deliver')
return settled
