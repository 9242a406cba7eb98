-- index_records.lua - the records of a leaf of the index.
--
-- uses: shard

-- The record of each member, false where there is none.  The members of a topic
-- stand together, and are read together.
local function records_of(members)
    local records, from = {}, 1
    while from <= #members do
        local td, cds = string.match(members[from], '^(.*):'), {}
        for n = from, #members do
            local of, cd = string.match(members[n], '^(.*):(.*)$')
            if of ~= td then
                break
            end
            cds[#cds + 1] = cd
        end
        local found = td and redis.call('HMGET', p .. 'sub:' .. td,
            unpack(cds)) or { false }
        for n, record in ipairs(found) do
            records[from + n - 1] = record
        end
        from = from + #found
    end
    return records
end
