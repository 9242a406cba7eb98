-- counts.lua - what strangers make, counted.
--
-- The hash `counts` has `s`, the active subscriptions of the shard, `h:HOST` and
-- `c:CLIENT`, the requests that wait for a callback's host and by a client, and
-- `a:HOST`, the announced topics of a host that wait (announced_count.lua), and
-- `p`, the jobs that are parked.
-- A field that would be 0 is not there.

local function count_on(key, field, by)
    if redis.call('HINCRBY', key, field, by) <= 0 then
        redis.call('HDEL', key, field)
    end
end

