-- postpone.lua - put back what was taken to be fetched, and was not.
--
-- ARGV  1 epoch, 2 number of the question (take.lua) that has taken it, 3 member of
--       `fetching`, 4 ms from now on until it is due, 5 TD of an announced topic,
--       or ""
-- Returns 1 when it was put back, else 0.  FENCED: the epoch is over, and the next
-- owner fetches it.
--
-- Atomic: it is in one of the two places, and an announced topic is not due
-- earlier by another announcement: its host would still be busy.  It has failed
-- no more often than before.
--
-- Repeated: it is not being fetched any more, or for another question, and nothing
-- is changed.
--
-- uses: time, fenced, fetch, fetch_over, fetch_defer, pace, pace_set

check_owner(ARGV[1])
local member, delay_ms, td = ARGV[3], tonumber(ARGV[4]), ARGV[5]
if not end_fetch(member, ARGV[1] .. '-' .. ARGV[2]) then
    return 0
end
local now = now_ms()
local due_ms = now + delay_ms
if not defer_fetch(member, due_ms) then
    want_fetch(member, due_ms)
end
if td ~= '' then
    set_pace(td, delay_ms, pace_left(get_paces({ td })[1], now), now)
end
return 1
