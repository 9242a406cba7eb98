-- levels.lua - what a topic may be wanted as (common/store/topic.h).

-- Only who wants just that topic gets it.
local function is_reserved(topic)
    return topic == 'hub.alerts'
end

-- The topic, and of a dotted one, unless it is reserved, each topic above it and
-- `*`.
local function levels_of(topic)
    local levels = { topic }
    if string.find(topic, '[:/]') or is_reserved(topic) then
        return levels
    end
    local above = string.match(topic, '^(.*)%.')
    while above do
        levels[#levels + 1] = above
        above = string.match(above, '^(.*)%.')
    end
    levels[#levels + 1] = '*'
    return levels
end
