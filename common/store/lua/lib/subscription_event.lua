-- subscription_event.lua - what becomes of subscriptions is told.
--
-- uses: cluster_event

-- About as many as of the cluster events.
local CHANGES_KEPT = '10000' -- a number is made text by each call

-- Tells in the shard's stream `changes` that a subscription was `created`,
-- `updated` or `deleted`.
local function tell_change(what, td, cd)
    tell_event('changes', CHANGES_KEPT, 'subscription_' .. what, 'td', td,
        'cd', cd)
end

