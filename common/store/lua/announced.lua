-- announced.lua - take what direct producers announced.
--
-- ARGV  1 epoch, 2... an entry of `pings`, its topic and its TD, and so on
-- Returns how many announcements were taken.  FENCED: the epoch is over.
--
-- Atomic: an announcement is in `pings` or its topic wants a fetch.
--
-- Repeated: the entries are gone, and nothing is changed.
--
-- uses: shard, time, fenced, announce

check_owner(ARGV[1])
local topics, tds = {}, {}
for i = 2, #ARGV, 3 do
    if redis.call('XDEL', p .. 'pings', ARGV[i]) == 1 then
        topics[#topics + 1], tds[#tds + 1] = ARGV[i + 1], ARGV[i + 2]
    end
end
announce(topics, tds, now_ms(), 0)
return #topics
