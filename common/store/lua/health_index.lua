-- health_index.lua - the health monitor counts the subscriptions of some leaves
-- of the index, by callback host.
--
-- ARGV  1 bound of the leaf to begin with, 2 subscriptions to count, about
-- Returns {bound to go on with, "" at the end, the last entry of `changes`,
--          subscriptions counted, how many of them are to URLs, then hosts and how
--          many of each}.
--
-- Atomic: `changes` has an entry for each subscription that comes or goes, so
-- while its last one is the same the sum of all calls is of one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, everything, host, url_topic

local most = tonumber(ARGV[2])
local counts_all = redis.call('HEXISTS', p .. 'counts', 'home') == 1
local sums, counted, urls, looked = {}, 0, 0, 0

local function last_change()
    local last = redis.call('XREVRANGE', p .. 'changes', '+', '-', 'COUNT', 1)
    return last[1] and last[1][1] or '0-0'
end

local function count(member)
    local td, cd = string.match(member, '^([^:]+):([^:]+)$')
    local found = td and (counts_all or td ~= EVERYTHING) and
        redis.call('HMGET', p .. 'sub:' .. td, cd, 't')
    local record = found and found[1]
    local callback = record and
        string.match(record, '^%S+ %S+ %S+ %S+ %S+ (%S+)')
    if record then
        local host = host_id(callback or '')
        sums[host] = (sums[host] or 0) + 1
        counted = counted + 1
        urls = urls + (is_url(found[2]) and 1 or 0)
    end
end

local bound = ARGV[1]
repeat
    for _, member in ipairs(redis.call('ZRANGE', p .. 'subs:' .. bound, 0,
        -1)) do
        looked = looked + 1
        count(member)
    end
    bound = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound, '+',
        'LIMIT', 0, 1)[1] or ''
until bound == '' or looked >= most

local reply = { bound, last_change(), counted, urls }
for host, sum in pairs(sums) do
    reply[#reply + 1] = host
    reply[#reply + 1] = sum
end
return reply
