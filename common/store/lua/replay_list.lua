-- replay_list.lua - the replays of the shard, the newest first.
--
-- ARGV  1 id of the only one, or "" for all, 2 most of them
-- Returns for each {id, topic, callback, from, to, id of the first event, of the
-- last one, what it has come to, state, events, deliveries, 1 when events before
-- the first that there is had left, began, ended (ms; 0: it runs)}.
--
-- Atomic: what is read is of one moment.  Repeated: nothing is changed.
--
-- uses: shard

local ids = ARGV[1] ~= '' and { ARGV[1] } or
    redis.call('ZREVRANGE', p .. 'replays', 0, ARGV[2] - 1)
local found = {}
for _, id in ipairs(ids) do
    local row = redis.call('HMGET', p .. 'replay:' .. id, 't', 'cb', 'from',
        'to', 'first', 'last', 'at', 's', 'm', 'n', 'trimmed', 'began', 'ended')
    if row[1] then
        found[#found + 1] = { id, unpack(row) }
    end
end
return found
