-- pull_get.lua - reads a pull subscription.
--
-- uses: shard, damage, pull_cursors, pull_drop

local function read_pull(id, shards)
    local f = redis.call('HMGET', p .. 'pull:' .. id, 'v', 't', 'ttl', 'ack',
        'c', 'h', 'n', 'by', 'until', 'w', 'k')
    local is_explicit = f[4] == '1'
    local pull = { id = id, topics = f[2], ttl = tonumber(f[3] or nil),
                   is_explicit = is_explicit, n = tonumber(f[7] or nil),
                   received = read_cursors(f[5] or '', shards),
                   handed_out = read_cursors(f[6] or '', shards),
                   by = f[8], held_until = tonumber(f[9] or 0) or 0,
                   waits = f[10] or '', batches = f[11] or '' }
    return f[1] == '1' and pull.topics and pull.ttl and pull.n and f[5] and
        pull.received and (f[6] or not is_explicit) and pull.handed_out and pull
end

-- false when there is none.  What can't be read is noted and ended, so that its
-- id can be used again; one of a newer version ends the script with an error before
-- it has written anything, and is left to who can read it.
local function get_pull(id, shards)
    local pull = read_pull(id, tonumber(shards))
    if pull then
        return pull
    end
    local version = tonumber(redis.call('HGET', p .. 'pull:' .. id, 'v') or nil)
    if version and version > 1 then
        error({ err = 'NEWER the pull subscription is of a newer version' })
    end
    if redis.call('EXISTS', p .. 'pull:' .. id) == 1 then
        note_damage('pull:' .. id, 'it is no pull subscription')
        drop_pull(id)
    elseif redis.call('ZSCORE', p .. 'pulls', id) then
        drop_pull(id)
    end
    return false
end

