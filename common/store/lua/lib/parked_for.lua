-- parked_for.lua - when parked jobs come back should nobody else bring them.
--
-- The process that parked them does; each time that it parks more, or takes
-- some, that moves on.  So it comes due only when that process is gone.

local PARKED_MS = 10000
