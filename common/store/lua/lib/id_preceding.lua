-- id_preceding.lua - the stream id before another one.
--
-- uses: id_after

-- The id right before another one; nil before the first one, 0-1.
local function id_preceding(id)
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    local head, number, tail = ms .. '-', seq, ''
    if seq == '0' then
        head, number, tail = '', ms, '-' .. SEQ_MAX
    end
    local kept, digit, zeros = string.match(number, '^(%d-)([1-9])(0*)$')
    if not digit then
        return nil
    end
    local less = kept .. (digit - 1) .. string.rep('9', #zeros)
    return head .. string.gsub(less, '^0+(%d)', '%1') .. tail
end

