-- pace.lua - when a topic may be fetched again.
--
-- `paced:TD` is there until then: `fetch_interval_ms` after a fetch began, or
-- when the publisher has said (Retry-After).  It is `UNTIL MS`: when that is, in ms
-- of Redis' clock, and for how long it was set, so that a clock that was set back
-- does not make it longer.  Redis forgets it some time later: the time of its own
-- expiry stands still during a script, and is some ms behind.
--
-- uses: shard

-- What is there for each of some topics, false where nothing is.
local function get_paces(tds)
    local keys = {}
    for i, td in ipairs(tds) do
        keys[i] = p .. 'paced:' .. td
    end
    return redis.call('MGET', unpack(keys))
end

-- How many ms after `now`, by what is there; 0 for at once.
local function pace_left(pace, now)
    if not pace then
        return 0
    end
    local until_ms, ms = string.match(pace, '^(%d+) (%d+)$')
    return until_ms and math.max(0, math.min(until_ms - now, ms)) or 0
end

