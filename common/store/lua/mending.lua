-- mending.lua - stands in front of a script that is repeated because Redis
-- refused it for what a key holds.
--
-- The two are one script then, with the arguments of the second: what is damaged
-- is moved out of the way as the second comes to it (lib/mend.lua).
--
-- Atomic: moving a key and going on without it.
--
-- Repeated: as the second; what was moved is damaged no more.
--
-- uses: mend

local redis = mend(redis)
