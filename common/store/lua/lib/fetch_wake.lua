-- fetch_wake.lua - tells the owner of what is to be fetched next.
--
-- uses: shard, wake

-- Some members, keys of `wanted`, want a fetch now, or earlier than before.  The
-- owner knows of what is due before them, unless that is being fetched.
local function wake_for_first(set, wanted)
    local first = redis.call('ZRANGE', set, 0, 0)[1]
    if wanted[first] or
        redis.call('HEXISTS', p .. 'fetching', first) == 1 then
        wake_owner()
    end
end

