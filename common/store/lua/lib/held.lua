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
-- uses: shard, time, numbers

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

-- Adds an entry that could not be interpreted for the `tries`-th time; returns its
-- member of `retry`, and when that is due (ms).
local function add_held(from, fields, tries, why)
    local id = redis.call('XADD', p .. 'held', '*', unpack(with_fields({
        'v', 1, 'from', from, 'n', digits(tries), 'why', why }, fields)))
    return 'u ' .. id, now_ms() + held_delay_ms(tries)
end
