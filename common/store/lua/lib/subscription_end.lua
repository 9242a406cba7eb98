-- subscription_end.lua - the end of a subscription.
--
-- uses: subscription_remove, subscription_event

-- Removes a subscription and all that is kept for it, and tells it once.
local function end_subscription(td, cd)
    if remove_subscription(td, cd) then
        tell_change('deleted', td, cd)
    end
end

