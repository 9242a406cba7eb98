-- letter.lua - the fields of a dead letter by name.

local function letter_fields(letter)
    local fields = {}
    for i = 1, #letter[2], 2 do
        fields[letter[2][i]] = letter[2][i + 1]
    end
    return fields
end

