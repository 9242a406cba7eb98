-- group_record.lua - makes the record of a topic group.
--
-- uses: numbers

-- The record of those parts; `rest` is its other members, each behind a comma,
-- and the closing brace.
local function group_record(id, version, prefix, rest)
    return '{"v":1,"version":' .. digits(version) .. ',"id":"' .. id ..
        '","prefix":"' .. prefix .. '"' .. rest
end

