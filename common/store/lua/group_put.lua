-- group_put.lua - make a topic group, or change one.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 id, 4 the
--       version that the caller changes, `*` for any, empty for none: a new
--       group, 5 the highest version that the caller knows of, 6 how many groups
--       there may be, 7 prefix, 8 the other members of the record, 9... the
--       prefixes above
-- Returns {'done', version, record}, or {why not, what}: `stale` VERSION, `gone`,
-- `missing`, `prefix` (it has another one), `taken` ID, `covered` ID (by a
-- tombstone), `full`.
--
-- Atomic: of those who change the same version one succeeds; a prefix is one
-- group's.  A version is given out once: also where Redis has lost the record.
--
-- Repeated: the version is another one by then, so it is stale; with `*` the
-- group has a further version that says the same.
--
-- uses: shard, memory, numbers, group, group_record

local stream, cap, id, match, known, most, prefix, rest = unpack(ARGV)
local old = group_get(id)

-- What keeps a new group from its prefix: `taken` or `covered`, and by whom.
local function refusal()
    local owners = redis.call('HMGET', p .. 'group_prefixes', prefix,
        unpack(ARGV, 9))
    for i, owner in pairs(owners) do
        local state, other = string.match(owner or '', '^(%l+) (.+)$')
        if state == 'gone' then
            return { 'covered', other }
        elseif state == 'live' and i == 1 and other ~= id and
            redis.call('HEXISTS', p .. 'groups', other) == 1 then
            return { 'taken', other }
        end
    end
    local live = tonumber(redis.call('HGET', p .. 'group_state', 'live') or 0)
    return (live or 0) >= tonumber(most) and { 'full' } or nil
end

if old and old.deleted then
    return { 'gone' }
elseif old then
    if match ~= '*' and match ~= digits(old.version) then
        return { 'stale', digits(old.version) }
    elseif old.prefix ~= prefix then
        return { 'prefix', old.prefix }
    end
elseif match ~= '' and match ~= '*' then
    return { 'missing' }
else
    local why = refusal()
    if why then
        return why
    end
end
pass_memory_limit()
local version = math.max(old and old.version or 0, tonumber(known)) + 1
local record = group_record(id, version, prefix, rest)
group_set(stream, cap, old, record)
return { 'done', digits(version), record }
