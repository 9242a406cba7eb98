-- host.lua - the host of a URL, for what is counted by host.

-- 64 bits of the digest of its name in lower case, in hex; ports are one host.
-- Escapes are decoded, and a dot behind the name is left out, so that no spelling
-- of a name is another host.
local host_ids = {} -- of what stood in a URL

local function host_id(url)
    local authority = string.match(url, '^%a+://([^/?#]*)') or ''
    if host_ids[authority] then
        return host_ids[authority]
    end
    local host = string.match(authority, '^%[[^%]]*%]') or
        string.match(authority, '^[^:]*')
    host = string.gsub(string.lower(host), '%%(%x%x)', function(hex)
        return string.lower(string.char(tonumber(hex, 16)))
    end)
    host = string.gsub(host, '%.$', '')
    host_ids[authority] = string.sub(redis.sha1hex(host), 1, 16)
    return host_ids[authority]
end

