-- removing.lua - processes that are being removed.
--
-- `removing` is a hash: `NAME:INCARNATION` of a dead process -> `ROLE REAPER
-- UNTIL`, who removes it, and until when nobody else does.  What is in it is
-- never alive again: it is removed, however often its reapers die.

local REMOVING_MAX_MS = 60000 -- longer than that is a clock that went wrong

-- Role, whether nobody else may go on with it yet, and the reaper.
local function parse_removing(lock, now)
    local role, reaper, ends = string.match(lock, '^(%S+) (%S+) (%d+)$')
    ends = tonumber(ends or 0)
    return role, now < ends and ends <= now + REMOVING_MAX_MS, reaper
end

