-- reshard_id.lua - ids of streams in another number of shards.
--
-- Where FACTOR old shards feed a new one, and this is the one number PART of
-- them, MS-SEQ becomes MS-(SEQ * FACTOR + PART): the order of ids stays, and no
-- two shards give the same one.
--
-- uses: numbers

local factor, part = 1, 0
local SEQ_LIMIT = 2 ^ 53 -- what Lua's numbers hold exactly

local function set_translation(f, k)
    factor, part = tonumber(f), tonumber(k)
end

local function translate(id)
    local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
    local n = ms and tonumber(seq) * factor + part
    return n and n < SEQ_LIMIT and ms .. '-' .. digits(n), ms
end

-- The id of an entry.
local function new_id(id)
    local new = factor == 1 and id or translate(id)
    return new or error({ err = 'ERR the id ' .. id .. ' can not be translated' })
end

-- A position, which need not be an entry's id; what is none stays as it is.
local function new_position(id)
    if factor == 1 or id == '0-0' or not string.find(id, '^%d+%-%d+$') then
        return id
    end
    local new, ms = translate(id)
    return new or ms .. '-18446744073709551615'
end
