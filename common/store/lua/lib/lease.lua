-- lease.lua - whether an ownership lasts.

-- One that lasts much longer than the longest setting (60 s) was given by a clock
-- that went wrong.
local LEASE_MAX_MS = 90000

-- Whether a lease until `ends` is valid at `now`.
local function is_valid(ends, now)
    ends = tonumber(ends or 0) or 0
    return now < ends and ends <= now + LEASE_MAX_MS
end

