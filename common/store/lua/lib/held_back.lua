-- held_back.lua - what was held goes back to where it came from.
--
-- uses: shard

-- The entry's own fields, out of those that held.lua put it into.
local function own_fields(fields)
    local own = {}
    for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, 1) == '.' then
            own[#own + 1] = string.sub(fields[i], 2)
            own[#own + 1] = fields[i + 1]
        end
    end
    return own
end

local HELD_STREAMS = { log = true, pings = true, outbox = true, bulk = true,
                       verify = true }

-- Appends the fields to the stream that they came from; `tries` is nil when they
-- are to be counted anew.  False when `from` is no stream.
local function put_back(from, own, tries)
    if not HELD_STREAMS[from] then
        return false
    end
    if tries then
        own[#own + 1], own[#own + 2] = 'h', tries
    end
    redis.call('XADD', p .. from, '*', unpack(own))
    return true
end
