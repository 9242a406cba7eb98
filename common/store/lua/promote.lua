-- promote.lua - move due work from `retry` to the stream it belongs to.
--
-- ARGV  1 most entries to move
-- Returns {entries moved, ms until the next is due, or -1 when none waits}.
--
-- Atomic: an entry is in `retry` or in its stream, never in both or neither.
-- It is removed first: Redis at its memory limit refuses a script whose first
-- write needs memory, and retries are what lets memory go; a malformed entry
-- ends the call with an error once, not every time.

local due = redis.call('ZRANGEBYSCORE', p .. 'retry', '-inf',
    digits(now_ms()), 'LIMIT', 0, ARGV[1])

for _, member in ipairs(due) do
    redis.call('ZREM', p .. 'retry', member)
    local kind, rest = string.match(member, '^(%a) (.*)$')
    if kind == 'd' then
        local e, c, n = string.match(rest, '^(%S+) (%S+) (%d+)$')
        redis.call('XADD', p .. 'outbox', '*', 'e', e, 'c', c, 'n', n)
    elseif kind == 'v' then
        local q, g, n = string.match(rest, '^(%S+) (%d+) (%d+)$')
        redis.call('XADD', p .. 'verify', '*', 'q', q, 'g', g, 'n', n)
    elseif kind == 'p' then
        local n, t = string.match(rest, '^(%d+) (.*)$')
        redis.call('XADD', p .. 'pings', '*', 'v', 1, 't', t, 'n', n)
    elseif kind == 'w' then
        local n, q, g, t = string.match(rest, '^(%d+) (%S+) (%d+) (.*)$')
        redis.call('XADD', p .. 'pings', '*', 'v', 1, 't', t, 'q', q, 'g', g,
            'n', n)
    end
end

local first = redis.call('ZRANGE', p .. 'retry', 0, 0, 'WITHSCORES')
if #first == 0 then
    return { #due, -1 }
end
return { #due, math.max(0, first[2] - now_ms()) }
