-- numbers.lua - numbers as text.

-- Numbers above 2^31 as plain digits, not as 1.7e+12.
local function digits(n)
    return string.format('%.0f', n)
end

