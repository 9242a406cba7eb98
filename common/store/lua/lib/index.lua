-- index.lua - the subscriptions of a shard in the order of TD and CD.
--
-- A member is `TD:CD`.  They are in leaves `subs:BOUND`, each for the members
-- from its bound, a member too, up to the next one; the first leaf's bound is
-- empty.  `bounds` has the others.  A sorted set of up to 128 members takes a
-- quarter of what a member of a larger one does (zset-max-listpack-entries), so
-- a leaf is divided before it grows beyond; whatever its size, it is right.
-- Small topics share a leaf, a large one has many.  `lease` has the leaves, by
-- their bounds, by when the first lease of theirs ends, so that a lease costs
-- next to nothing.
--
-- uses: shard

local function leaf_key(bound)
    return p .. 'subs:' .. bound
end

-- The bound of the leaf that a member belongs to.
local function bound_of(member)
    return redis.call('ZREVRANGEBYLEX', p .. 'bounds', '[' .. member, '-',
        'LIMIT', 0, 1)[1] or ''
end

