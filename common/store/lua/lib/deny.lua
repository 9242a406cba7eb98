-- deny.lua - a subscription is denied.
--
-- uses: subscribed, subscription_end, denial

-- Ends the subscription, which is not to be served any more, and tells the
-- callback; `d` as for tell_denial().
local function deny(d)
    if is_subscribed(d.td, d.cd) then
        end_subscription(d.td, d.cd)
    end
    tell_denial(d)
end

