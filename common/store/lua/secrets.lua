-- secrets.lua - find secrets that are not sealed with the newest key.
--
-- ARGV  1 the beginning of what is sealed with it, 2 leaf or requests, 3 of a leaf
--       of the index its bound, "" for the first; of requests a cursor, 0 at first
-- Returns {where to go on, 1 when there is more, how many have the newest key, how
-- many records are of another version, then the name of each other one (TD:CD of a
-- subscription, TD:CD:MODE of a request that waits) and its sealed secret}.
--
-- One leaf, or some hundred requests: what is added meanwhile, and what a divided
-- leaf has, is found by who goes on.
--
-- Repeated: it changes nothing.
--
-- uses: shard, index_records, record

local newest, REQUESTS = ARGV[1], 200
local reply = { '', 0, 0, 0 }

local function look_at(name, secret)
    if not secret or secret == '-' then
        return
    end
    if string.sub(secret, 1, #newest) == newest then
        reply[3] = reply[3] + 1
        return
    end
    reply[#reply + 1], reply[#reply + 2] = name, secret
end

local function look_at_leaf(bound)
    local members = redis.call('ZRANGE', p .. 'subs:' .. bound, 0, -1)
    for n, record in ipairs(records_of(members)) do
        local sub = record and parse_record(record)
        if sub then
            look_at(members[n], sub.secret)
        elseif record then
            reply[4] = reply[4] + 1
        end
    end
    local next_bound = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound,
        '+', 'LIMIT', 0, 1)[1]
    reply[1], reply[2] = next_bound or '', next_bound and 1 or 0
end

local function look_at_requests(cursor)
    local page = redis.call('ZSCAN', p .. 'pending', cursor, 'COUNT', REQUESTS)
    for n = 1, #page[2], 2 do
        local q = string.match(page[2][n], '^(%S+) ') or ''
        look_at(q, redis.call('HGET', p .. 'request:' .. q, 's'))
    end
    reply[1], reply[2] = page[1], page[1] == '0' and 0 or 1
end

if ARGV[2] == 'leaf' then
    look_at_leaf(ARGV[3])
else
    look_at_requests(ARGV[3])
end
return reply
