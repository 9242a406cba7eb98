-- subscription_work.lua - what a subscription's deliveries came to, and what of
-- them waits, for operators.
--
-- ARGV  1 TD, 2 CD
-- Returns {attempt log or "", jobs that wait for another attempt or for capacity
-- of the callback, when the first of them is tried (ms) or "", the event that the
-- cursor has passed or ""; of the last gap when (ms) or "", from, to and how
-- many}.
--
-- Atomic: it is of one moment.  Repeated: nothing is changed.
--
-- uses: shard, numbers, cursor_get, cursor_waiting

local td, cd = ARGV[1], ARGV[2]
local LOOKED_MAX = 1000 -- jobs, and gaps

local waiting, first = 0, nil

local function count_waiting(due_ms)
    waiting = waiting + 1
    first = math.min(first or due_ms, due_ms)
end

local function look_at_failing()
    local key = p .. 'failing:' .. td .. ':' .. cd
    local members = redis.call('HLEN', key) <= LOOKED_MAX and
        redis.call('HVALS', key) or
        redis.call('HRANDFIELD', key, LOOKED_MAX, 'WITHVALUES')
    for _, member in ipairs(members) do
        local due = redis.call('ZSCORE', p .. 'retry', member)
        if due then
            count_waiting(tonumber(due))
        end
    end
end

local cursor = get_cursor(td, cd)
look_at_failing()
if cursor and cursor.mode == 'run' then
    local _, due = waiting_cursor_job(td, cd, cursor.u)
    if due then
        count_waiting(due)
    end
end
waiting = waiting + redis.call('LLEN', p .. 'parked:' .. cd)

local function last_gap()
    for _, entry in ipairs(redis.call('XREVRANGE', p .. 'gaps', '+', '-',
        'COUNT', LOOKED_MAX)) do
        local fields = {}
        for i = 1, #entry[2], 2 do
            fields[entry[2][i]] = entry[2][i + 1]
        end
        if fields.td == td and fields.cd == cd then
            return string.match(entry[1], '^%d+'), fields.from, fields.to,
                fields.n
        end
    end
    return '', '', '', '0'
end

return { redis.call('HGET', p .. 'attempts:' .. td, cd) or '', waiting,
         first and digits(first) or '', cursor and cursor.at or '',
         last_gap() }
