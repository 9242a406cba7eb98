-- fetch_set.lua - what the owner of the shard is to fetch.
--
-- Sorted sets, by due time in ms: `fetch` has announced topics, as `p TOPIC`,
-- and `validations` topics to look at before a subscribe request Q is verified,
-- as `w Q GENERATION TOPIC`.  They are apart, so that however many strangers
-- subscribe no announcement waits behind them.  While a member is fetched it is
-- in the hash `fetching`; what is in both is fetched once more.
-- `fetch_failures` has how often in a row a member has failed, or -1 of an
-- announced topic whose last fetch went well (announce.lua).
--
-- uses: shard

-- The set that a member belongs to.
local function set_of(member)
    return p .. (string.sub(member, 1, 1) == 'w' and 'validations' or 'fetch')
end

