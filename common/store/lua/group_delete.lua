-- group_delete.lua - delete a topic group: a tombstone stays for ever.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, 3 id, 4 the
--       version that the caller deletes, `*` for any, 5 the highest version that
--       the caller knows of
-- Returns {'done', version, record}, or {why not, what}: `stale` VERSION, `gone`,
-- `missing`.
--
-- Atomic: whether the version is still that one.  The tombstone keeps the prefix,
-- and the sites where the group held.
--
-- Repeated: it is gone.
--
-- uses: memory, numbers, group, group_record

local stream, cap, id, match, known = unpack(ARGV)
local old = group_get(id)

if not old then
    return { 'missing' }
elseif old.deleted then
    return { 'gone' }
elseif match ~= '*' and match ~= digits(old.version) then
    return { 'stale', digits(old.version) }
end
pass_memory_limit()
local version = math.max(old.version, tonumber(known)) + 1
local record = group_record(id, version, old.prefix, ',"deleted":true' ..
    (old.sites and ',"sites":' .. old.sites or '') .. '}')
group_set(stream, cap, old, record)
return { 'done', digits(version), record }
