-- oldest_open.lua - the oldest event that has begun and is not finished.
--
-- uses: shard, ids

-- Among about `most` open events; nil without any.
local function oldest_open(most)
    local oldest
    local fields = redis.call('HSCAN', p .. 'fanout', 0, 'COUNT', most)[2]
    for i = 1, #fields, 2 do
        local id = fields[i]
        if string.match(id, '^%d+%-%d+$') and
            (not oldest or id_before(id, oldest)) then
            oldest = id
        end
    end
    return oldest
end
