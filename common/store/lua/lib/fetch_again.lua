-- fetch_again.lua - another try, after a fetch that failed.
--
-- uses: shard, fetch, fetch_set

-- Plans it, unless the member is wanted anyway, which starts anew.
local function fetch_again(member, due_ms, failures)
    if not redis.call('ZSCORE', set_of(member), member) then
        redis.call('HSET', p .. 'fetch_failures', member, failures)
        want_fetch(member, due_ms)
    end
end

