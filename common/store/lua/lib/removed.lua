-- removed.lua - processes that died and are not replaced.
--
-- `removed` is a hash: name of a dead process -> `ROLE INCARNATION AT BEFORE
-- ENOUGH`.  AT is when it was heard of last, BEFORE how many of its role lived
-- then, itself included, ENOUGH since when as many have lived again, 0 when they
-- don't (times in ms).
--
-- uses: numbers

-- Role, incarnation, AT, BEFORE and ENOUGH; nil when it can't be read.
local function parse_removed(text)
    local role, incarnation, at, before, enough =
        string.match(text, '^(%S+) (%d+) (%d+) (%d+) (%d+)$')
    return role, tonumber(incarnation), tonumber(at), tonumber(before),
        tonumber(enough)
end

local function print_removed(role, incarnation, at, before, enough)
    return table.concat({ role, digits(incarnation), digits(at),
        digits(before), digits(enough) }, ' ')
end

