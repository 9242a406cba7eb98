-- groups.lua - create the consumer groups that are missing.
--
-- Returns the names of the streams whose group had to be created.
--
-- Atomic: nothing can be trimmed between finding where the work had stopped
-- and creating the group there.  `log` starts after `watermark`; what is finished
-- beyond it is marked in `fanout`.  The work queues start at their beginning,
-- since settled entries are trimmed from them.
--
-- Repeated: the groups are there, and none is named.
--
-- uses: shard

local function ensure(name, group, start)
    local made = redis.pcall('XGROUP', 'CREATE', p .. name, group, start,
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
local wanted = {
    { 'log', 'spread', redis.call('GET', p .. 'watermark') or '0' },
    { 'pings', 'spread', '0' },
    { 'outbox', 'deliver', '0' },
    { 'bulk', 'deliver', '0' },
    { 'verify', 'deliver', '0' },
}
for _, w in ipairs(wanted) do
    if ensure(w[1], w[2], w[3]) then
        created[#created + 1] = w[1]
    end
end
return created
