-- paused.lua - subscriptions that an operator has paused.
--
-- uses: shard

local function is_paused(td, cd)
    return redis.call('ZSCORE', p .. 'paused', td .. ':' .. cd) ~= false
end
