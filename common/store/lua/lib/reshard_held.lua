-- reshard_held.lua - what could not be interpreted, in another number of shards.
--
-- uses: reshard_place, reshard_job

local function value_of(fields, wanted)
    for i = 1, #fields, 2 do
        if fields[i] == wanted then
            return fields[i + 1]
        end
    end
end

-- Where an entry of `held`, or such a letter, belongs, as far as it can be read.
local function place_of_held(fields)
    local topic, event = value_of(fields, '.t'), value_of(fields, '.e')
    local td, q = value_of(fields, '.f'), value_of(fields, '.q')
    local member = value_of(fields, '.m')
    return topic and 't' .. topic or event and place_of_event(event) or
        td and place_of_td(td) or q and place_of_request(q) or
        member and new_member(member) or 'o'
end
