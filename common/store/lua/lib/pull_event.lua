-- pull_event.lua - events of `log` as they are pulled.

local TOPIC_BYTES_MAX = 2048 -- WSUB_URL_MAX_BYTES

-- The fields of an entry by name, or nil when it is none that could be given to
-- anybody; and how many bytes they have.
local function pull_event(entry)
    local fields, bytes = {}, 0
    for i = 1, #entry[2], 2 do
        local name, value = entry[2][i], entry[2][i + 1]
        fields[name] = fields[name] or value
        bytes = bytes + #name + #value
    end
    local is_event = fields.v == '1' and fields.ct and fields.b and
        fields.t and fields.t ~= '' and #fields.t <= TOPIC_BYTES_MAX
    return is_event and fields or nil, bytes
end
