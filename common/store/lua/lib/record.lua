-- record.lua - the fields of a subscription record (docs/PROTOCOL.md).

-- nil when the record is of another version.  expires and lease are in
-- seconds; secret may hold any bytes.
local function parse_record(record)
    local expires, lease, generation, flags, callback, secret = string.match(
        record, '^1 (%d+) (%d+) (%d+) ([-fco]) (%S+) (.+)$')
    if not expires then
        return nil
    end
    return { expires = tonumber(expires), lease = tonumber(lease),
             generation = tonumber(generation), flags = flags,
             callback = callback, secret = secret }
end

