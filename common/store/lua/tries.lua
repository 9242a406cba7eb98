-- tries.lua - add to the attempt logs of subscriptions.
--
-- ARGV  for each subscription: TD, CD, attempts that delivered, attempts that
--       failed, bytes of bodies sent, and its newest attempts, at most 8, the
--       newest first, divided by spaces ("" for none)
-- Returns the number of logs written.
--
-- Atomic: totals and attempts.  A subscription that has ended, and took its log
-- along, gets none, so none is left behind.

-- The first 8 attempts of a list.
local KEPT = '^ ?(' .. string.rep('%S* ?', 7) .. '%S*)'

local function add(td, cd, log, delivered, failed, bytes, attempts)
    local d, f, b, older = string.match(log, '^1 (%d+) (%d+) (%d+)(.*)$')
    redis.call('HSET', p .. 'tries:' .. td, cd, string.format(
        '1 %.0f %.0f %.0f %s', d + delivered, f + failed, b + bytes,
        string.match(attempts .. older, KEPT)))
end

local written = 0
for i = 1, #ARGV, 6 do
    local td, cd = ARGV[i], ARGV[i + 1]
    local log = redis.call('HGET', p .. 'tries:' .. td, cd) or
        has_sub(td, cd) and '1 0 0 0'
    if log then
        add(td, cd, log, unpack(ARGV, i + 2, i + 5))
        written = written + 1
    end
end
return written
