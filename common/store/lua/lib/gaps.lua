-- gaps.lua - events that left before a subscription in cursor mode got them.
--
-- uses: shard, numbers

local GAPS_KEPT = 1000

-- Notes that a subscription lost `count` events: those between the ids `from`
-- and `to` (`-` when nothing has come after), or the one event that both name.
local function note_gap(td, cd, from, to, count)
    redis.call('XADD', p .. 'gaps', 'MAXLEN', '~', GAPS_KEPT, '*', 'td', td,
        'cd', cd, 'from', from, 'to', to, 'n', digits(count))
end

