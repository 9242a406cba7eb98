-- announce.lua - topics have new content.
--
-- ARGV  topics, URLs in their normal spelling
-- Returns 1.
--
-- Atomic: a topic wants a fetch, and the owner of the shard is told.  However
-- often it is announced it has one entry; an announcement while it is fetched
-- asks for one more.
--
-- Repeated: like another announcement.
--
-- uses: time, announce

local now = now_ms()
for _, topic in ipairs(ARGV) do
    announce(topic, now)
end
return 1
