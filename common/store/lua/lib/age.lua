-- age.lua - how old something is.

-- In ms at `now`, of an id of a stream, or -1 without one.
local function age_of_id(id, now)
    return id and math.max(0, now - tonumber(string.match(id, '^%d+'))) or -1
end
