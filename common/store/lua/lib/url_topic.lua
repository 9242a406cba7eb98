-- url_topic.lua - which topics are URLs.

-- `topic` in its normal spelling; false: nobody knows it any more.
local function is_url(topic)
    return topic and string.find(topic, ':', 1, true) ~= nil
end
