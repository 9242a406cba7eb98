-- heartbeat.lua - whether the heartbeat of a process is missing.

-- Whether a heartbeat at `beat` is too old at `now`, or so far ahead that a
-- clock went wrong.
local function is_missing(beat, now, timeout)
    return beat < now - timeout or beat > now + timeout
end

