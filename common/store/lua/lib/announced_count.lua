-- announced_count.lua - the announced topics of each host that are not fetched yet.
--
-- One counts while it wants a fetch or is being fetched, but not while it waits
-- for another try: what fails is tried again for hours, and strangers can make
-- topics of any host fail.
--
-- uses: shard, host, counts

-- Whether one that waits is counted; `failures` as `fetch_failures` has it, or
-- false.
local function is_counted(failures)
    return tonumber(failures or 0) <= 0
end

-- Of a member, `p TOPIC`.
local function host_of(member)
    return host_id(string.sub(member, 3))
end

-- How many of some members are of each host.
local function by_host(members)
    local sums = {}
    for _, member in ipairs(members) do
        local host = host_of(member)
        sums[host] = (sums[host] or 0) + 1
    end
    return sums
end

local function count_announced(sums, sign)
    for host, sum in pairs(sums) do
        count_on(p .. 'counts', 'a:' .. host, sign * sum)
    end
end

