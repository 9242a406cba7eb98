-- quota.lua - active subscriptions, counted.
--
-- `counts` has those of the shard (counts.lua), `sub:TD` those of a topic, and the
-- hashes `hosts:X` those of each callback host: X is the first three digits of its
-- id (host.lua), a field the others.  So many small hashes take 20 bytes a host;
-- one large one would take 90.
--
-- A subscription to `*` has a replica in each shard and is counted in its home
-- shard only, whose `counts` has the field `home`.
--
-- uses: shard

-- The key and the field of a host.
local function host_place(host)
    return p .. 'hosts:' .. string.sub(host, 1, 3), string.sub(host, 4)
end

