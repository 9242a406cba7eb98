-- site_put.lua - say which hubs serve a site.
--
-- ARGV  1 epoch of the coordinator, 2 stream of cluster events, 3 how many of
--       them are kept, 4 site, 5 public URL, empty for
--       the one of before, 6... names and addresses of its live
--       hubs by turns, in the order of the names
-- Returns {version, 1 when it is a new one}.  FENCED when the epoch is over.
--
-- Atomic: what the site has now is compared with what is stored; a hub that came
-- or went is told of once.
--
-- Repeated: nothing has changed.
--
-- uses: shard, memory, numbers, fenced, cluster_event

local epoch, stream, cap, site, url = unpack(ARGV)
local hubs, now = {}, {}

check_owner(epoch)
local old = redis.call('HGET', p .. 'sites', site) or ''
local version, before = string.match(old, '^{"v":1,"version":(%d+),(.*)$')

-- Names and addresses have no byte that JSON escapes.
for i = 6, #ARGV, 2 do
    hubs[#hubs + 1] = '{"name":"' .. ARGV[i] .. '","address":"' ..
        ARGV[i + 1] .. '"}'
    now[ARGV[i]] = true
end
if url == '' then
    url = string.match(before or '', '"public_url":"([^"]*)"') or ''
end
local members = '"site":"' .. site .. '","public_url":"' .. url ..
    '","hubs":[' .. table.concat(hubs, ',') .. ']}'
if before == members then
    return { version, 0 }
end
pass_memory_limit()
version = digits((version or 0) + 1)
redis.call('HSET', p .. 'sites', site,
    '{"v":1,"version":' .. version .. ',' .. members)
for name in string.gmatch(before or '', '"name":"([^"]+)"') do
    if not now[name] then
        tell_event(stream, cap, 'machine_removed', 'n', name, 'r', 'hub',
            'w', site)
    end
    now[name] = nil
end
for i = 6, #ARGV, 2 do
    if now[ARGV[i]] then
        tell_event(stream, cap, 'machine_added', 'n', ARGV[i], 'r', 'hub',
            'w', site)
    end
end
return { version, 1 }
