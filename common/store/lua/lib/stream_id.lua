-- stream_id.lua - whether a text is a stream id.
--
-- uses: ids

local GREATEST = '18446744073709551615' -- of 64 bits

-- Whether Redis takes a text for a whole id; else it refuses the command.
local function is_stream_id(text)
    local ms, seq = string.match(text, '^(%d+)-(%d+)$')
    return ms ~= nil and not id_before(GREATEST .. '-0', ms .. '-0') and
        not id_before(GREATEST .. '-0', seq .. '-0')
end

