-- tally.lua - how the deliveries of an event stand, as far as `refs`, `posted`
-- and the events themselves don't tell.
--
-- One hash beside each string of `posted`, which it ends with.  Fields of event E:
--   E      jobs that other pages than the first one posted, less those that
--          became missed
--   E c    subscriptions to which cursor jobs bring it, since then
--   E k    to which it was delivered by cursor jobs
--   E d    dead letters
--   E x    jobs that ended without a delivery: to nobody, or purged
--
-- uses: shard

local function tally_key(event)
    return p .. 'tally:' .. string.sub(event, 1, 9)
end
