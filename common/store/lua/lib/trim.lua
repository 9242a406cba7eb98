-- trim.lua - settled entries leave their stream.
--
-- uses: shard, unsettled

-- Drops from a work queue what is settled, up to the first entry that is not.
local function trim(name, group)
    local cut = first_unsettled(p .. name, group)
    if cut then
        redis.call('XTRIM', p .. name, 'MINID', cut)
    end
end

