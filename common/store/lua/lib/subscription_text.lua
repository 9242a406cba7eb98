-- subscription_text.lua - spells the record of an active subscription.
--
-- uses: numbers

local function subscription_text(sub)
    return table.concat({ 1, digits(sub.expires), digits(sub.lease),
        digits(sub.generation), sub.flags .. sub.choices, sub.callback,
        sub.secret }, ' ')
end
