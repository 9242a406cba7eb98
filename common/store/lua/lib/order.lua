-- order.lua - the order of CDs.

-- Whether text a comes before text b in a sorted set.  Lua's own order of
-- strings is that of the locale that Redis was started in.
local function text_before(a, b)
    for i = 1, math.min(#a, #b) do
        local x, y = string.byte(a, i), string.byte(b, i)
        if x ~= y then
            return x < y
        end
    end
    return #a < #b
end

