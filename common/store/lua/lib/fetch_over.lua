-- fetch_over.lua - the end of a fetch.
--
-- uses: shard, fetch

-- Whether the member was being fetched until now.
local function end_fetch(member)
    return redis.call('HDEL', p .. 'fetching', member) == 1
end

-- Plans another try, unless the member is wanted anyway, which starts anew.
local function fetch_again(member, due_ms, failures)
    if not redis.call('ZSCORE', p .. 'fetch', member) then
        redis.call('HSET', p .. 'fetch_failures', member, failures)
        want_fetch(member, due_ms)
    end
end

