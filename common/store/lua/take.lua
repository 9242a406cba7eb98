-- take.lua - take topics that are to be fetched.
--
-- ARGV  1 epoch, 2 number of this question among those of the epoch, 3 most
--       announced topics to take, 4 most topics to validate
-- Returns {ms until the next is due of a kind that may be taken, or -1 when none
-- waits, MEMBER, FAILURES ...}: what is being fetched from now on, and how often
-- in a row it has failed, or -1 when its last fetch went well.  FENCED: the epoch
-- is over.
--
-- Atomic: a member is in `fetch` or `validations`, or in `fetching`.  One that is
-- fetched already stays where it is until that is over.
--
-- Repeated: `taken` names the last question, and `fetching` which one has taken
-- a member: they are returned again.
--
-- uses: shard, time, numbers, fenced

check_owner(ARGV[1])
local question = ARGV[1] .. '-' .. ARGV[2]
local next_ms, all = -1, {} -- members that are taken

local function reply()
    local result = { next_ms }
    if #all > 0 then
        local failures = redis.call('HMGET', p .. 'fetch_failures', unpack(all))
        for i, member in ipairs(all) do
            result[2 * i] = member
            result[2 * i + 1] = tonumber(failures[i] or 0) or 0
        end
    end
    return result
end

if redis.call('GET', p .. 'taken') == question then
    local fetching = redis.call('HGETALL', p .. 'fetching')
    for i = 1, #fetching, 2 do
        if fetching[i + 1] == question then
            all[#all + 1] = fetching[i]
        end
    end
    next_ms = 0
    return reply()
end

local now = now_ms()

-- One of them is due in `ms`.
local function is_due_in(ms)
    next_ms = next_ms < 0 and ms or math.min(ms, next_ms)
end

-- Up to `most` members that are due, the earliest first; those that are being
-- fetched already are passed over.  Also whether there are more.
local function find_due(key, most)
    local found, looked = {}, 0
    while true do
        local asked = most + 1 - #found
        local due = redis.call('ZRANGEBYSCORE', key, '-inf', digits(now),
            'LIMIT', looked, asked)
        local held = #due > 0 and
            redis.call('HMGET', p .. 'fetching', unpack(due))
        for i, member in ipairs(due) do
            if not held[i] and #found == most then
                return found, true
            elseif not held[i] then
                found[#found + 1] = member
            end
        end
        if #due < asked then
            return found, false
        end
        looked = looked + #due
    end
end

local function take(key, most)
    local found, are_more = find_due(key, most)
    local fields = {}
    for i, member in ipairs(found) do
        fields[2 * i - 1], fields[2 * i] = member, question
        all[#all + 1] = member
    end
    if #found > 0 then
        redis.call('ZREM', key, unpack(found))
        redis.call('HSET', p .. 'fetching', unpack(fields))
    end
    if are_more then
        return is_due_in(0)
    end
    local later = redis.call('ZRANGEBYSCORE', key, '(' .. digits(now),
        '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if later[2] then
        is_due_in(math.max(0, later[2] - now))
    end
end

for i, key in ipairs({ p .. 'fetch', p .. 'validations' }) do
    if tonumber(ARGV[2 + i]) > 0 then
        take(key, tonumber(ARGV[2 + i]))
    end
end
if #all > 0 then
    redis.call('SET', p .. 'taken', question)
end
return reply()
