-- wanted.lua - topics that somebody wants the content of.
--
-- Only who names a topic is a reason to fetch it: those who pull every topic would
-- let strangers fill Redis.
--
-- uses: pulled

-- Whether somebody does; `subscribed` is how many subscriptions it has, or 1 for
-- some.
local function is_wanted(topic, subscribed)
    return subscribed > 0 or pulled_left(topic) > 0
end
