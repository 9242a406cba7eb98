-- hand_over.lua - post anew what a dead process has claimed.
--
-- ARGV  1 name, 2 incarnation of the process: what its lives up to this one have
--       claimed, 3 how many entries to post in one call, about
-- Returns {entries that were handed over, entries that are left}.
--
-- Atomic: a job is in its old entry or in a new one.  An entry of a single job
-- keeps its fields and its crash count, and gets the field `x`: it is taken over,
-- so the next process counts a crash (crashes.lua).  A bundle is split, which
-- counts one.  The consumer goes once it holds nothing: deleting it earlier
-- would drop what it holds.
--
-- Whoever still holds an entry settles nothing any more: it is acknowledged.
--
-- Repeated: what is no longer pending was handed over, or settled, before.
--
-- uses: shard, memory, split, trim

local name, incarnation, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local handed, posted, left = 0, 0, 0

local function value_of(fields, wanted)
    for i = 1, #fields, 2 do
        if fields[i] == wanted then
            return fields[i + 1]
        end
    end
end

-- The same job, as an entry of `outbox` that is taken over.
local function post_again(lane, id, fields)
    local was = lane .. ' ' .. id
    local crashes = redis.call('HGET', p .. 'crashes', was)
    if not value_of(fields, 'x') then
        fields[#fields + 1] = 'x'
        fields[#fields + 1] = '1'
    end
    local entry = redis.call('XADD', p .. 'outbox', '*', unpack(fields))
    if crashes then
        redis.call('HDEL', p .. 'crashes', was)
        redis.call('HSET', p .. 'crashes', 'outbox ' .. entry, crashes)
    end
    return 1
end

local function post(stream, id, fields)
    local targets = value_of(fields, 'c')
    if stream == 'verify' then
        redis.call('XADD', p .. 'verify', '*', unpack(fields))
        return 1
    elseif targets and string.find(targets, ' ', 1, true) then
        return split_bundle(stream, id, value_of(fields, 'e'), targets)
    end
    return post_again(stream, id, fields)
end

-- Hands over what the consumer holds; returns how much.
local function hand_over(stream, consumer)
    local before = handed
    local rows = redis.call('XPENDING', p .. stream, 'deliver', '-', '+', most,
        consumer)
    for _, row in ipairs(rows) do
        if posted >= most then
            break
        end
        local entry = redis.call('XRANGE', p .. stream, row[1], row[1])[1]
        redis.call('XACK', p .. stream, 'deliver', row[1])
        handed = handed + 1
        if entry then
            posted = posted + post(stream, row[1], entry[2])
        end
    end
    return handed - before
end

local function is_its(consumer)
    local of, life = string.match(consumer, '^(.*):(%d+)$')
    return of == name and tonumber(life) <= incarnation
end

-- The rows of XINFO begin with `name`, NAME, `pending`, COUNT.
local function hand_over_stream(stream)
    local rows = redis.pcall('XINFO', 'CONSUMERS', p .. stream, 'deliver')
    for _, row in ipairs(rows) do
        if is_its(row[2]) then
            local rest = row[4] - hand_over(stream, row[2])
            left = left + rest
            if rest == 0 then
                redis.call('XGROUP', 'DELCONSUMER', p .. stream, 'deliver',
                    row[2])
            end
        end
    end
    if #rows > 0 and handed > 0 then
        trim(stream, 'deliver')
    end
end

pass_memory_limit()
hand_over_stream('verify')
hand_over_stream('outbox')
hand_over_stream('bulk')
return { handed, left }
