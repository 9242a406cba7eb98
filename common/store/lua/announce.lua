-- announce.lua - topics have new content.
--
-- ARGV  1 most topics of a host that may wait for their fetch; 0: no limit;
--       then pairs of a topic, a URL in its normal spelling, and its TD
-- Returns 1; 0 when as many of a host wait already, and the last fetch of one of
-- the others did not go well: nothing is changed then.
--
-- Atomic: the topics that somebody subscribes to, or pulls, want a fetch, and the owner of the
-- shard is told.  However often one is announced it has one entry; an announcement
-- while it is fetched asks for one more.
--
-- Repeated: like another announcement.
--
-- uses: time, announce

local topics, tds = {}, {}
for i = 2, #ARGV, 2 do
    topics[#topics + 1], tds[#tds + 1] = ARGV[i], ARGV[i + 1]
end
return announce(topics, tds, now_ms(), tonumber(ARGV[1])) and 1 or 0
