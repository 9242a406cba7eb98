-- take.lua - take topics that are to be fetched.
--
-- ARGV  1 epoch, 2 number of this question among those of the epoch, 3 most
--       members to take
-- Returns {ms until the next is due, or -1 when none waits, MEMBER, FAILURES
-- ...}: what is being fetched from now on, and how often in a row it has failed.
-- FENCED: the epoch is over.
--
-- Atomic: a member is in `fetch` or in `fetching`.  One that is fetched already
-- stays in `fetch` until that is over.
--
-- Repeated: `taken` names the last question, and `fetching` which one has taken
-- a member: they are returned again.
--
-- uses: shard, time, numbers, fenced

check_owner(ARGV[1])
local question, most = ARGV[1] .. '-' .. ARGV[2], tonumber(ARGV[3])
local result = { -1 }

local function add(member)
    result[#result + 1] = member
    result[#result + 1] =
        tonumber(redis.call('HGET', p .. 'fetch_failures', member) or 0)
end

if redis.call('GET', p .. 'taken') == question then
    local fetching = redis.call('HGETALL', p .. 'fetching')
    for i = 1, #fetching, 2 do
        if fetching[i + 1] == question then
            add(fetching[i])
        end
    end
    result[1] = 0
    return result
end

local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', p .. 'fetch', '-inf', digits(now),
    'LIMIT', 0, most + 1 + redis.call('HLEN', p .. 'fetching'))
for _, member in ipairs(due) do
    if redis.call('HEXISTS', p .. 'fetching', member) == 0 then
        if #result > 2 * most then
            result[1] = 0
            return result
        end
        redis.call('ZREM', p .. 'fetch', member)
        redis.call('HSET', p .. 'fetching', member, question)
        redis.call('SET', p .. 'taken', question)
        add(member)
    end
end
local later = redis.call('ZRANGEBYSCORE', p .. 'fetch', '(' .. digits(now),
    '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if later[2] then
    result[1] = math.max(0, later[2] - now_ms())
end
return result
