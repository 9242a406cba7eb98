-- last_id.lua - the last id that a stream has given out.
--
-- uses: shard

-- Whether its entry is there or not; 0-0 without such a stream.
local function last_id(stream)
    local info = redis.pcall('XINFO', 'STREAM', p .. stream)
    for i = 1, info.err and 0 or #info, 2 do
        if info[i] == 'last-generated-id' then
            return info[i + 1]
        end
    end
    return '0-0'
end

