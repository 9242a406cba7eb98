-- departed.lua - events that have left `log` while somebody pulled them.
--
-- The stream `departed` has them under their own ids: `t` topic, `at` when they left
-- (s).
--
-- uses: shard, numbers, pulled, levels, pull_event

local DEPARTED_KEPT = '100000' -- about; some 5 MB

-- Notes an entry that leaves now.  It stays out where `departed` has a
-- later one: the log was lost, and ids began anew.
local function note_departed(entry, now_s)
    local event = pull_event(entry)
    local levels = event and levels_of(event.t) or {}
    levels[#levels + 1] = event and '' or nil
    for _, level in ipairs(levels) do
        if pulled_left(level) > 0 then
            redis.pcall('XADD', p .. 'departed', 'MAXLEN', '~', DEPARTED_KEPT,
                entry[1], 't', event.t, 'at', digits(now_s))
            return
        end
    end
end
