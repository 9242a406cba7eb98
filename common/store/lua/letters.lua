-- letters.lua - list, count, replay or purge one page of dead letters.
--
-- ARGV  1 list, count, replay or purge, 2 which: all, or those whose id,
--       topic or callback is 3, 4 id to begin with (`-`: the first), 5 most
--       letters to look at
-- Returns {id to go on with, "" at the end; letters that matched; and for list
-- the letters, each {id, fields}, of which the first 16 KiB}.
--
-- A letter of an entry that could not be interpreted (lib/held.lua) goes back to
-- the stream that it came from.
--
-- Atomic: a letter is dead, or its job is in the outbox again, or its
-- reference to the event is gone.  The letter goes first: Redis at its memory
-- limit refuses a script whose first write needs memory.  Letters of another
-- version stay.
--
-- Repeated: a letter that was replayed or purged is there no more, so nothing
-- happens to it twice; the count lacks it.
--
-- uses: shard, id_after, letter, job, refs, tally_add, held_back

local act, kind, wanted = ARGV[1], ARGV[2], ARGV[3]
local from, limit = ARGV[4], tonumber(ARGV[5])
local dead = p .. 'dead'

local names = { topic = 't', callback = 'cb' }

local function matches(fields)
    local name = names[kind]
    return fields.v == '1' and (fields.u or fields.e and fields.c) and
        (not name or (fields[name] or fields['.' .. name]) == wanted)
end

-- Of an entry that could not be interpreted.
local function replay_entry(from, letter)
    local own = own_fields(letter[2])
    if not put_back(from, own) then
        -- uses: time, numbers

        redis.call('ZADD', p .. 'retry', digits(now_ms()), own[2] or '')
    end
end

local LISTED_BYTES = 16384 -- of a letter; jobs have less

local function cut_values(fields)
    local left = LISTED_BYTES
    for i, value in ipairs(fields) do
        fields[i] = string.sub(value, 1, left)
        left = left - #fields[i]
    end
end

local acts = {
    list = function(_, _, letter)
        cut_values(letter[2])
    end,
    count = function() end,
    replay = function(id, fields, letter)
        redis.call('XDEL', dead, id)
        if fields.u then
            replay_entry(fields.u, letter)
            return
        end
        tally_add(fields.e, ' d', -1)
        post_job(fields.e, fields.c)
    end,
    purge = function(id, fields)
        redis.call('XDEL', dead, id)
        if fields.u then
            return
        end
        tally_add(fields.e, ' d', -1)
        tally_add(fields.e, ' x', 1)
        release(fields.e, 1)
    end,
}

local page
if kind == 'id' then
    page = string.match(wanted, '^%d+-%d+$') and
        redis.call('XRANGE', dead, wanted, wanted) or {}
else
    page = redis.call('XRANGE', dead, from, '+', 'COUNT', limit)
end

local matched, listed = 0, {}
for _, letter in ipairs(page) do
    local fields = letter_fields(letter)
    if matches(fields) then
        matched = matched + 1
        acts[act](letter[1], fields, letter)
        if act == 'list' then
            listed[#listed + 1] = letter
        end
    end
end
local more = kind ~= 'id' and #page == limit
return { more and id_after(page[#page][1]) or '', matched, listed }
