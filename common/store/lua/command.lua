-- command.lua - one command that is no script, behind mending.lua.
--
-- ARGV  the command and its arguments
-- Returns its reply.
--
-- Repeated: as the command.

return redis.call(unpack(ARGV))
