-- last_seen.lua - when a pull subscription ends unless it is seen again.
--
-- `pull_seen` has its end: its ttl after it was seen last.  While requests for it
-- are on their way it is seen until the last one is over: `w` has each with its
-- token and the time at which it is over at the latest.  So the order in which
-- they end does not count, on however many hubs, and one whose process has died is
-- forgotten when its time has come.
--
-- uses: shard, numbers

local WAITS_MAX = 16
-- No request waits longer (WSUB_PULL_WAIT_MAX_MS): an end further ahead was given
-- by a clock that went wrong.
local WAIT_MAX_MS = 3600000

-- The requests that are on their way, but for the one of `token`.
local function waits_but(pull, token, now)
    local waits = {}
    for name, ends in string.gmatch(pull.waits, '(%S+):(%d+)') do
        ends = tonumber(ends)
        if name ~= token and now < ends and ends <= now + WAIT_MAX_MS then
            table.insert(waits, { token = name, ends = ends })
        end
    end
    return waits
end

-- Written first by who changes more: while it can't be written, nothing is.
local function write_seen(pull, waits, now)
    local last, words = now, {}
    for _, wait in ipairs(waits) do
        last = math.max(last, wait.ends)
        table.insert(words, wait.token .. ':' .. digits(wait.ends))
    end
    redis.call('ZADD', p .. 'pull_seen', digits(last + pull.ttl * 1000),
        pull.id)
    if #words > 0 then
        redis.call('HSET', p .. 'pull:' .. pull.id, 'w',
            table.concat(words, ' '))
    elseif pull.waits ~= '' then
        redis.call('HDEL', p .. 'pull:' .. pull.id, 'w')
    end
end

-- A pull subscription is seen at `now`.  The request of `token`, if any, is on its
-- way for up to `wait_ms` from now on, or over (nil).
local function see_pull(pull, now, token, wait_ms)
    local waits = waits_but(pull, token, now)
    if wait_ms then
        table.insert(waits, { token = token,
                              ends = now + math.min(wait_ms, WAIT_MAX_MS) })
        table.sort(waits, function(a, b)
            return a.ends < b.ends
        end)
    end
    if #waits > WAITS_MAX then
        table.remove(waits, 1)
    end
    write_seen(pull, waits, now)
end

