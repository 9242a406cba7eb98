-- retry.lua - work that waits for its time.
--
-- `retry` is a sorted set, by due time in ms; promote.lua has its members.
--
-- uses: shard, numbers, wake

local earliest -- of what this call has planned

-- Plans a member; returns 1 when it is new.
local function plan_retry(member, due_ms)
    earliest = math.min(earliest or due_ms, due_ms)
    return redis.call('ZADD', p .. 'retry', digits(due_ms), member)
end

-- Called when all is planned: wakes the owner if some of it is due before all
-- else.
local function wake_if_earliest()
    local first = earliest and
        redis.call('ZRANGE', p .. 'retry', 0, 0, 'WITHSCORES')
    if first and first[2] and tonumber(first[2]) >= earliest then
        wake_owner()
    end
end

