-- group_apply.lua - take versions of topic groups over from the registry of
-- record.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3... records
-- Returns for each 1 when it was taken over, 0 when it was there, -1 when a
-- higher version is there (stale), -2 when it is no record.
--
-- Atomic: a version is taken over once, so it is told of once, however many
-- processes bring it.
--
-- Repeated: they are there.
--
-- uses: memory, group

local stream, cap = ARGV[1], ARGV[2]
local results = {}

local function apply(record)
    local new = group_parse(record)
    if not new then
        return -2
    end
    local old = group_get(new.id)
    if old and old.version >= new.version then
        return old.version > new.version and -1 or 0
    end
    pass_memory_limit()
    group_set(stream, cap, old, record)
    return 1
end

for i = 3, #ARGV do
    results[#results + 1] = apply(ARGV[i])
end
return results
