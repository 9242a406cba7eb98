-- announce.lua - topics have new content.
--
-- ARGV  pairs of a topic, a URL in its normal spelling, and its TD
-- Returns 1.
--
-- Atomic: a topic that is subscribed to wants a fetch, and the owner of the shard is told.  However
-- often it is announced it has one entry; an announcement while it is fetched
-- asks for one more.
--
-- Repeated: like another announcement.
--
-- uses: time, announce

local now = now_ms()
for i = 1, #ARGV, 2 do
    announce(ARGV[i], ARGV[i + 1], now)
end
return 1
