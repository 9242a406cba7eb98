-- held_plan.lua - held entries are planned again whose members of `retry` were
-- lost.
--
-- uses: shard, time, numbers, held_lost, wake

local function plan_lost_held()
    local start, due = '-', digits(now_ms())
    repeat
        local lost
        lost, start = lost_held(start)
        for _, member in ipairs(lost) do
            redis.call('ZADD', p .. 'retry', due, member)
        end
    until not start
    wake_owner()
end
