-- ids.lua - the order of stream ids.
--
-- A stream id is two numbers of 64 bits, which Lua's numbers can't hold: they
-- are compared as decimal text.

-- Whether id a comes before id b.
local function id_before(a, b)
    local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
    local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
    local x, y = a_ms, b_ms
    if x == y then
        x, y = a_seq, b_seq
    end
    return #x < #y or (#x == #y and x < y)
end

local GREATEST = '18446744073709551615' -- of 64 bits

-- Whether Redis takes a text for a whole id; else it refuses the command.
local function is_stream_id(text)
    local ms, seq = string.match(text, '^(%d+)-(%d+)$')
    return ms ~= nil and not id_before(GREATEST .. '-0', ms .. '-0') and
        not id_before(GREATEST .. '-0', seq .. '-0')
end
