-- host_order.lua - store what an operator wants of a host, for all processes.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 host as
--       SCHEME://NAME:PORT, 4 `open` or `close`, 5 ms for which that holds,
--       6 most orders
-- Returns the time (ms) until which it holds; -1 when there are as many orders.
--
-- Atomic: the order and the event that tells of it.  Orders whose time is over go.
--
-- Repeated: the order begins anew.
--
-- uses: shard, memory, numbers, time, cluster_event

local stream, cap, host, action = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = now_ms()
local ends = now + tonumber(ARGV[5])

local function count_open()
    local orders, count = redis.call('HGETALL', p .. 'host_orders'), 0
    for i = 1, #orders, 2 do
        local its_end = tonumber(string.match(orders[i + 1], ' (%d+)$'))
        if not its_end or its_end <= now then
            redis.call('HDEL', p .. 'host_orders', orders[i])
        elseif orders[i] ~= host then
            count = count + 1
        end
    end
    return count
end

if count_open() >= tonumber(ARGV[6]) then
    return -1
end
pass_memory_limit()
redis.call('HSET', p .. 'host_orders', host,
    action .. ' ' .. digits(now) .. ' ' .. digits(ends))
tell_event(stream, cap, 'host_ordered', 'w', action .. ' ' .. host)
return ends
