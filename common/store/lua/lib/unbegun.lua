-- unbegun.lua - the events of `log` that have not begun.
--
-- uses: shard, ids, position_get

-- Returns how many, and the id of the first one, nil where none is there any
-- more.
local function count_unbegun()
    local flat = redis.pcall('XINFO', 'STREAM', p .. 'log')
    local info = {}
    for i = 1, #flat, 2 do
        info[flat[i]] = flat[i + 1]
    end
    local id, begun = get_position()
    if flat.err or not id_before(id, info['last-generated-id']) then
        return 0, nil
    end
    local first = redis.call('XRANGE', p .. 'log', '(' .. id, '+', 'COUNT', 1)[1]
    return math.max(0, info['entries-added'] - begun), first and first[1]
end
