-- cursor_waiting.lua - the cursor job that waits in `retry`.
--
-- uses: shard, numbers

-- So many failures and crashes it may have had; of one that had more it is not
-- known where it is.
local FAILURES_MAX, CRASHES_MAX = 1000, 3

-- The member of `retry` that is the cursor job number `u`, and when it is due
-- (ms); nil when it does not wait there.
local function waiting_cursor_job(td, cd, u)
    local prefix = 'f ' .. td .. ' ' .. cd .. ' ' .. digits(u) .. ' '
    for crashes = 0, CRASHES_MAX do
        local members = {}
        for failures = 0, FAILURES_MAX do
            members[failures + 1] = prefix .. failures .. ' ' .. crashes
        end
        local due = redis.call('ZMSCORE', p .. 'retry', unpack(members))
        for i, ms in ipairs(due) do
            if ms then
                return members[i], tonumber(ms)
            end
        end
    end
    return nil
end
