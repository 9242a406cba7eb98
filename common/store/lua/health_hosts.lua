-- health_hosts.lua - compares what was counted (health_index.lua) with what is
-- noted of some hosts, and sets it right.
--
-- ARGV  1 the last entry of `changes` when it was counted, 2 1 to set right, 3
--       active subscriptions of the shard, "" to leave them, 4 those to URLs among
--       them, 5 first X and 6 last X, as numbers, of the hashes hosts:X to look at,
--       then the hosts of these and how many subscriptions each has
-- Returns how many counts are wrong, or were; -1 when subscriptions have come or
-- gone since.
--
-- Atomic: what was counted is still so in the step that sets it right.
--
-- Repeated: nothing is wrong any more.
--
-- uses: shard, memory, quota

local is_to_mend = ARGV[2] == '1'
local wanted, wrong = {}, 0

local function last_change()
    local last = redis.call('XREVRANGE', p .. 'changes', '+', '-', 'COUNT', 1)
    return last[1] and last[1][1] or '0-0'
end

local function compare(key, field, held, right)
    if (held or '0') == right then
        return
    end
    wrong = wrong + 1
    if is_to_mend and right == '0' then
        redis.call('HDEL', key, field)
    elseif is_to_mend then
        redis.call('HSET', key, field, right)
    end
end

local function compare_hosts(key)
    local held = redis.call('HGETALL', key)
    local right = wanted[key] or {}
    for i = 1, #held, 2 do
        compare(key, held[i], held[i + 1], right[held[i]] or '0')
        right[held[i]] = nil
    end
    for field, count in pairs(right) do
        compare(key, field, false, count)
    end
end

if last_change() ~= ARGV[1] then
    return -1
end
if is_to_mend then
    pass_memory_limit()
end
if ARGV[3] ~= '' then
    local held = redis.call('HMGET', p .. 'counts', 's', 'u')
    compare(p .. 'counts', 's', held[1], ARGV[3])
    compare(p .. 'counts', 'u', held[2], ARGV[4])
end
for i = 7, #ARGV, 2 do
    local key, field = host_place(ARGV[i])
    wanted[key] = wanted[key] or {}
    wanted[key][field] = ARGV[i + 1]
end
-- Most of them are not there: one command finds that for many.
local AT_ONCE = 64

local function compare_some(first, last)
    local keys, is_wanted = {}, false
    for x = first, last do
        local key = p .. 'hosts:' .. string.format('%03x', x)
        keys[#keys + 1] = key
        is_wanted = is_wanted or wanted[key] ~= nil
    end
    if is_wanted or redis.call('EXISTS', unpack(keys)) > 0 then
        for _, key in ipairs(keys) do
            compare_hosts(key)
        end
    end
end

local last = tonumber(ARGV[6])
for first = tonumber(ARGV[5]), last, AT_ONCE do
    compare_some(first, math.min(first + AT_ONCE - 1, last))
end
return wrong
