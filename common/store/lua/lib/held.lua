-- held.lua - what can't be interpreted waits to be tried again.
--
-- An entry of the stream `held`: `v` 1, `from` where it goes back to (`log`,
-- `pings`, `outbox`, `bulk`, `verify`, or `retry` of a member of that set or of a
-- list `parked:H`), `n` how often it could not be interpreted, `why`; then the
-- fields of the entry itself, each name behind a dot (of a member `.m`).  `retry`
-- has `u ID` by when it is due.  A letter in `dead` is the same, with `u` in place
-- of `from`.
--
-- Who brings it back adds a field `h`, the number of times, so that they are
-- counted from one reader to the next.
--
-- uses: shard, time, numbers, retry

local HELD_FIRST_MS = 5000 -- three times as long each time
local HELD_CAP_MS = 50000  -- pull_in.lua: what waits a minute is taken for wrong

local function held_delay_ms(tries)
    return math.min(HELD_CAP_MS, HELD_FIRST_MS * 3 ^ math.min(tries - 1, 9))
end

-- The fields of an entry, as a list of names and values, behind those of `head`.
local function with_fields(head, fields)
    for i = 1, #fields, 2 do
        if fields[i] ~= 'h' then
            head[#head + 1] = '.' .. fields[i]
            head[#head + 1] = fields[i + 1]
        end
    end
    return head
end

-- Holds an entry that could not be interpreted for the `tries`-th time.
local function hold(from, fields, tries, why)
    local id = redis.call('XADD', p .. 'held', '*', unpack(with_fields({
        'v', 1, 'from', from, 'n', digits(tries), 'why', why }, fields)))
    plan_retry('u ' .. id, now_ms() + held_delay_ms(tries))
end

-- It was tried often enough: it becomes a dead letter with its bytes.
local function give_up(from, fields, tries, why)
    redis.call('XADD', p .. 'dead', '*', unpack(with_fields({
        'v', 1, 'u', from, 'n', digits(tries), 'why', 'undecodable: ' .. why },
        fields)))
end

-- Returns whether it is held; else it is a dead letter.
local function hold_or_give_up(from, fields, tries, why, most)
    if tries >= most then
        give_up(from, fields, tries, why)
        return false
    end
    hold(from, fields, tries, why)
    return true
end
