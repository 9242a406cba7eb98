-- failing_recall.lua - jobs of a subscription that wait for another attempt.
--
-- uses: shard

-- Takes them out of `retry`, and has `miss(event)` called for each, so that they
-- come in their order.
local function recall_failing(td, cd, miss)
    local key = p .. 'failing:' .. td .. ':' .. cd
    local waiting = redis.call('HGETALL', key)
    for i = 1, #waiting, 2 do
        if redis.call('ZREM', p .. 'retry', waiting[i + 1]) == 1 then
            redis.call('HDEL', key, waiting[i])
            miss(waiting[i])
        end
    end
end
