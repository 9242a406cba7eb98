-- shard.lua - the shard that a script works on.
--
-- Every key is p .. name, so a script touches one slot only.

local p = KEYS[1]

