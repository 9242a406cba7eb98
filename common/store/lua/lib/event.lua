-- event.lua - events of `log`.
--
-- uses: shard

-- The topic of an event; nil when it has left, or has none.
local function event_topic(id)
    local entry = redis.call('XRANGE', p .. 'log', id, id)[1]
    local fields = entry and entry[2] or {}
    for i = 1, #fields, 2 do
        if fields[i] == 't' then
            return fields[i + 1]
        end
    end
    return nil
end

