-- pulled_max.lua - how long a topic may be wanted without being named again.

-- As WSUB_PULL_WANT_MS_MAX.  What lies further ahead is of a clock that went wrong.
local PULLED_MAX_MS = 2592000000
