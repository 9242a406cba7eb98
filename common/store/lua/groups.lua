-- groups.lua - create the consumer groups that are missing.
--
-- Returns the names of the streams whose group had to be created.
--
-- Atomic: nothing can be trimmed meanwhile.  The work queues start at their
-- beginning, since settled entries are trimmed from them.
--
-- Repeated: the groups are there, and none is named.
--
-- uses: shard

local function ensure(name)
    local made = redis.pcall('XGROUP', 'CREATE', p .. name, 'deliver', '0',
        'MKSTREAM')
    if made.err then
        if string.sub(made.err, 1, 9) ~= 'BUSYGROUP' then
            error(made.err)
        end
        return false
    end
    return true
end

local created = {}
for _, name in ipairs({ 'outbox', 'bulk', 'verify' }) do
    if ensure(name) then
        created[#created + 1] = name
    end
end
return created
