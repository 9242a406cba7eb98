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

