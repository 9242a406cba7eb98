-- remove.lua - end a subscription without telling its callback.
--
-- ARGV  1 TD, 2 CD
-- Returns {generation of the removal, for the replicas of a subscription to `*`
-- (replicate.lua), 1 when there was anything to end, else 0}.
--
-- Atomic: the subscription and all that is kept for it, and the requests for it
-- that wait, which would bring it back.
--
-- Repeated: there is nothing to end any more, and the replicas can be removed once
-- more.
--
-- uses: shard, numbers, subscribed, subscription_end, requests

local td, cd = ARGV[1], ARGV[2]
local key = td .. ':' .. cd
local was_there = is_subscribed(td, cd)

end_subscription(td, cd)
local asked, leaving = drop_request(key .. ':s'), drop_request(key .. ':u')
return { digits(redis.call('INCR', p .. 'gen')),
         (was_there or asked or leaving) and 1 or 0 }
