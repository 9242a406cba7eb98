-- record.lua - the fields of a subscription record (docs/PROTOCOL.md).

-- nil when the record is of another version.  expires and lease are in
-- seconds; secret may hold any bytes.
local function parse_record(record)
    local expires, lease, generation, flags, choices, callback, secret =
        string.match(record, '^1 (%d+) (%d+) (%d+) ([-fco])(%w*) (%S+) (.+)$')
    if not expires then
        return nil
    end
    return { expires = tonumber(expires), lease = tonumber(lease),
             generation = tonumber(generation), flags = flags,
             choices = choices, callback = callback, secret = secret }
end

