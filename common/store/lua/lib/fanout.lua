-- fanout.lua - how far fan-outs have come.
--
-- uses: shard, order, ids, unsettled

-- Whether the fan-out of an event after `start`, up to `id`, has yet to come to
-- this subscription, which would then be taken for what it is by then.  Before
-- the first entry of `log` that is not settled all have come.  Where there is
-- too much to look at one may be behind.
local FANOUT_LOOK_BACK = 1000

local function fanout_is_behind(td, cd, cursor, id)
    local open = first_unsettled(p .. 'log', 'spread')
    local from = open and id_before(cursor.start, open) and open or
        '(' .. cursor.start
    local events = redis.call('XREVRANGE', p .. 'events:' .. td, id, from,
        'COUNT', FANOUT_LOOK_BACK)
    for _, event in ipairs(events) do
        local at = redis.call('HGET', p .. 'fanout', event[1])
        if at and at ~= 'done' and text_before(at, cd) then
            return true
        end
    end
    return #events == FANOUT_LOOK_BACK
end

