-- index.lua - the CDs of a topic in their order.
--
-- `subs:TD` has those of a small topic; the others of a large one are in
-- further leaves `subs:TD:BOUND`, each for the CDs from its bound up to the
-- next one; `bounds:TD` has the bounds.  A sorted set of up to 128 members
-- takes a quarter of what a member of a larger one does
-- (zset-max-listpack-entries), so a leaf is divided before it grows beyond;
-- whatever its size, it is right.  `lease` has the leaves (TD or TD:BOUND) by
-- when the first lease of theirs ends, so that a lease costs next to nothing.
--
-- uses: shard

local function leaf_name(td, bound)
    return td .. (bound and ':' .. bound or '')
end

local function leaf_key(td, bound)
    return p .. 'subs:' .. leaf_name(td, bound)
end

-- The bound of the leaf that a CD belongs to; nil for the first one.
local function bound_of(td, cd)
    return redis.call('ZREVRANGEBYLEX', p .. 'bounds:' .. td, '[' .. cd, '-',
        'LIMIT', 0, 1)[1]
end

