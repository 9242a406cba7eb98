-- paused_recall.lua - jobs of a paused subscription that wait for another attempt.
--
-- uses: refs, missed_add, failing_recall

-- They become missed, and so come in their order.
local function recall_to_missed(td, cd)
    recall_failing(td, cd, function(event)
        add_missed(td, cd, event)
        release(event, 1)
    end)
end
