-- id_after.lua - the next stream id.
--
-- A stream id is two numbers of 64 bits, which Lua's numbers can't hold: they
-- are counted as decimal text.

local SEQ_MAX = '18446744073709551615'

-- The id right after another one.
local function id_after(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    local head, number, tail = ms .. '-', seq, ''
    if seq == SEQ_MAX then
        head, number, tail = '', ms, '-0'
    end
    local kept, digit, nines = string.match(number, '^(%d-)([0-8]?)(9*)$')
    return head .. kept .. (digit == '' and 1 or digit + 1) ..
        string.rep('0', #nines) .. tail
end

