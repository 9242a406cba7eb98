-- pending_end.lua - a request waits no longer.
--
-- `pending` has Q WHO of each request that waits, Q being TD:CD:MODE, by the time
-- (s) at which it came; WHO, which the record has as its field `w`, is `HOST
-- CLIENT`: the callback's host (host.lua) and the client that sent it, `-` for one
-- that is no stranger.  `counts` has how many there are (counts.lua).  Whoever ends
-- a record takes its member out; sweep.lua ends what has lapsed.
--
-- uses: shard

-- Its record is gone; nothing when that was known.
local function end_pending(q, who)
    local host, client = string.match(who, '^(%S+) (%S+)$')
    if not host or
        redis.call('ZREM', p .. 'pending', q .. ' ' .. who) == 0 then
        return
    end
    local key, h, c = p .. 'counts', 'h:' .. host, 'c:' .. client
    local counts = redis.call('HMGET', key, h, c)
    if (counts[1] or '1') == '1' and (counts[2] or '1') == '1' then
        redis.call('HDEL', key, h, c)
        return
    end
    local of_host = (tonumber(counts[1]) or 1) - 1
    local of_client = (tonumber(counts[2]) or 1) - 1
    redis.call('HSET', key, h, of_host, c, of_client)
    if of_host <= 0 or of_client <= 0 then
        redis.call('HDEL', key, of_host <= 0 and h or c)
    end
end

