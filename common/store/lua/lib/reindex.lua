-- reindex.lua - a topic's subscriptions enter the index again.
--
-- uses: shard, time, subscription, index_add

local LOOK_SOON_S = 60 -- at the lease of a record that can't be read

-- For when a part of the index was lost.
local function reindex(td)
    local soon = math.floor(now_ms() / 1000) + LOOK_SOON_S
    for _, cd in ipairs(redis.call('HKEYS', p .. 'sub:' .. td)) do
        if cd ~= 't' then
            local _, sub = get_sub(td, cd)
            index_add(td, cd, sub and sub.expires or soon)
        end
    end
end

