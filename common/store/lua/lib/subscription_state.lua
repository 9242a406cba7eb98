-- subscription_state.lua - what operators are told of a subscription's state.
--
-- uses: shard

-- Its state, and since when (ms) it is paused or suspended, nil when it is
-- neither; `flags` is that of its record.
local function state_of(td, cd, flags)
    if flags == '-' then
        return 'active'
    end
    local key = td .. ':' .. cd
    local paused = redis.call('ZSCORE', p .. 'paused', key)
    if paused then
        return 'paused', paused
    end
    local suspended = redis.call('ZSCORE', p .. 'suspended', key)
    if suspended then
        return 'suspended', suspended
    end
    return flags == 'o' and 'ordered' or 'backfill'
end
