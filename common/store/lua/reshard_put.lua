-- reshard_put.lua - write rows to a shard that another number of shards will have
-- (its prefix ends in `new:`).
--
-- ARGV  of each row: how many words follow, OP, its arguments
-- Returns nothing.
--
-- Atomic: what a row changes: a subscription with its index and counts.
--
-- Repeated: a stream takes no id that is not beyond its last one; all else is set
-- to what it is to be, and counted when it is new.
--
-- uses: shard, everything, numbers, ids, counts, host, quota_count, index_add
-- uses: announced_count, last_id

local function expire(key, ttl)
    if tonumber(ttl) > 0 then
        redis.call('PEXPIRE', key, ttl)
    end
end

local function is_in_cursor_mode(td, cd)
    return redis.call('HEXISTS', p .. 'cursor:' .. td, cd) == 1
end

-- The flag of a record in cursor mode, unless it is ordered.
local function flagged(record)
    return (string.gsub(record, '^(%d+ %d+ %d+ %d+ )[-fc]', '%1f'))
end

local function unflagged(record)
    return (string.gsub(record, '^(%d+ %d+ %d+ %d+ )[fc]', '%1-'))
end

local ops = {}

function ops.set(key, value, ttl)
    redis.call('SET', p .. key, value)
    expire(p .. key, ttl)
end

function ops.most(key, value)
    local old = tonumber(redis.call('GET', p .. key) or 0)
    redis.call('SET', p .. key, digits(math.max(old, tonumber(value))))
end

function ops.hash(key, ttl, ...)
    redis.call('HSET', p .. key, ...)
    expire(p .. key, ttl)
end

-- Of several the first one counts.
function ops.score(key, score, member)
    redis.call('ZADD', p .. key, 'NX', score, member)
end

function ops.entry(stream, id, ...)
    local added = redis.pcall('XADD', p .. stream, id, ...)
    if added.err and not string.find(added.err, 'equal or smaller', 1, true)
    then
        error(added)
    end
end

function ops.last(stream, id)
    if id_before(last_id(stream), id) then
        redis.call('XADD', p .. stream, id, 'v', 1)
        redis.call('XDEL', p .. stream, id)
    end
end

function ops.lasts(key, ttl)
    expire(p .. key, ttl)
end

function ops.horizon(id)
    local old = redis.call('GET', p .. 'horizon')
    if not old or id_before(id, old) then
        redis.call('SET', p .. 'horizon', id)
    end
end

-- Each shard has a cursor of its own for a subscription to `*`.
function ops.sub(td, cd, topic, record, expires, callback)
    if td == EVERYTHING then
        record = is_in_cursor_mode(td, cd) and flagged(record) or
            unflagged(record)
    end
    local is_new = redis.call('HEXISTS', p .. 'sub:' .. td, cd) == 0
    redis.call('HSET', p .. 'sub:' .. td, cd, record, 't', topic)
    index_add(td, cd, tonumber(expires))
    if is_new then
        count_subscription(td, topic, host_id(callback), '1')
    end
end

-- A subscription to `*` is in cursor mode: its cursor job begins with what it has
-- missed, and all that is in the log by now has come to it, or is among that.  One
-- that is paused has no cursor job.
function ops.everything(cd, since, mode)
    local record = redis.call('HGET', p .. 'sub:' .. EVERYTHING, cd)
    if is_in_cursor_mode(EVERYTHING, cd) then
        return
    end
    redis.call('HSET', p .. 'topic:' .. EVERYTHING, 't', '*')
    redis.call('HSET', p .. 'cursor:' .. EVERYTHING, cd, '1 ' .. mode ..
        ' ' .. last_id('log') .. ' 0 ' .. since .. ' - -')
    if mode == 'run' then
        redis.call('ZADD', p .. 'retry', since, 'f ' .. EVERYTHING .. ' ' ..
            cd .. ' 1 0 0')
    end
    if record then
        redis.call('HSET', p .. 'sub:' .. EVERYTHING, cd, flagged(record))
    end
end

function ops.request(q, who, score, ...)
    local host, client = string.match(who, '^(%S+) (%S+)$')
    redis.call('HSET', p .. 'request:' .. q, ...)
    if redis.call('ZADD', p .. 'pending', score, q .. ' ' .. who) == 1 then
        count_on(p .. 'counts', 'h:' .. host, 1)
        count_on(p .. 'counts', 'c:' .. client, 1)
    end
end

function ops.want(set, member, due, failures)
    local is_new = redis.call('ZADD', p .. set, 'NX', due, member) == 1
    if failures ~= '' then
        redis.call('HSET', p .. 'fetch_failures', member, failures)
    end
    if is_new and string.sub(member, 1, 2) == 'p ' and
        is_counted(failures ~= '' and failures) then
        count_announced(by_host({ member }), 1)
    end
end

function ops.posted(key, event, jobs, ttl)
    local text = redis.call('GET', p .. key) or ''
    if not string.find(text, ' ' .. event .. ' ', 1, true) then
        redis.call('APPEND', p .. key, ' ' .. event .. ' ' .. jobs)
        expire(p .. key, ttl)
    end
end

-- What was handed out and not acknowledged is handed out again.
function ops.pull(id, topics, cursors, ttl, ack, n, seen)
    redis.call('HSET', p .. 'pull:' .. id, 'v', 1, 't', topics, 'ttl', ttl,
        'c', cursors, 'n', n)
    if ack == '1' then
        redis.call('HSET', p .. 'pull:' .. id, 'ack', 1, 'h', cursors)
    end
    redis.call('ZADD', p .. 'pulls', 0, id)
    redis.call('ZADD', p .. 'pull_seen', seen, id)
end

function ops.restore(key, ttl, dump)
    redis.call('RESTORE', p .. key, ttl, dump, 'REPLACE')
end

-- All rows are there: everything in the log has begun.
function ops.finish()
    local info = redis.pcall('XINFO', 'STREAM', p .. 'log')
    local about = {}
    for i = 1, info.err and 0 or #info, 2 do
        about[info[i]] = info[i + 1]
    end
    if not info.err then
        redis.call('HSET', p .. 'position', 'id', about['last-generated-id'],
            'n', about['entries-added'])
    end
    if redis.call('GET', p .. 'horizon') == '0-0' then
        redis.call('DEL', p .. 'horizon')
    end
    for _, lane in ipairs({ 'outbox', 'bulk', 'verify' }) do
        if redis.call('EXISTS', p .. lane) == 1 then
            redis.pcall('XGROUP', 'CREATE', p .. lane, 'deliver', '0')
        end
    end
end

local at = 1
while at <= #ARGV do
    local words = tonumber(ARGV[at])
    ops[ARGV[at + 1]](unpack(ARGV, at + 2, at + words))
    at = at + words + 1
end
