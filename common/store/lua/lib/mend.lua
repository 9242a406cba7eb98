-- mend.lua - goes on where a key is damaged.
--
-- A command that Redis refuses for what its key holds would be refused for ever:
-- the key has another type, or a number in it is none.  mend() makes a stand-in
-- for `redis` whose calls move such a key, or field, out of the way and go on as
-- though it had never been there.  What follows from other keys is made again.
--
-- uses: shard

local MOVED_MS = 604800000 -- a key that was moved away is kept for so long

-- Returns what is called after a command was refused: moves out of the way what it
-- was refused for, and returns whether the command may be given again.  `mended` is
-- the stand-in: what is made again may meet further damage.
local function make_mender(mended)
    local redis = mended
    -- uses: time, numbers, damage, index, index_page, index_remove, reindex
    -- uses: cursor_parse, cursor_job, held_plan

    -- The bounds of the leaves are in `bounds` and in `lease`.
    local function restore_bounds()
        for _, bound in ipairs(redis.call('ZRANGE', p .. 'lease', 0, -1)) do
            if bound ~= '' and redis.call('EXISTS', leaf_key(bound)) == 1 then
                redis.call('ZADD', p .. 'bounds', 0, bound)
            end
        end
    end

    local function restore_leases()
        redis.call('ZADD', p .. 'lease', 0, '')
        for _, bound in ipairs(redis.call('ZRANGE', p .. 'bounds', 0, -1)) do
            redis.call('ZADD', p .. 'lease', 0, bound)
        end
    end

    -- Of a leaf that was lost: the topics that other leaves have a part of.  Those
    -- that were in it as a whole are found when they have an event (page.lua).
    local function restore_leaf(bound)
        local after = redis.call('ZRANGEBYLEX', p .. 'bounds', '(' .. bound,
            '+', 'LIMIT', 0, 1)[1] or ''
        for _, edge in ipairs({ bound, after }) do
            local td = string.match(edge, '^(.*):')
            if td then
                reindex(td)
            end
        end
    end

    local function unindex(td)
        local cds
        repeat
            cds = index_page(td, '', 100)
            for _, cd in ipairs(cds) do
                index_remove(td, cd)
                redis.call('ZREM', p .. 'suspended', td .. ':' .. cd)
                redis.call('ZREM', p .. 'paused', td .. ':' .. cd)
            end
        until #cds == 0
    end

    -- Whoever is in cursor mode has one cursor job, without which it would wait
    -- for ever; it may have been lost.  One that was not has an old number then.
    local function restore_cursor_jobs_of(td)
        local cursors = redis.call('HGETALL', p .. 'cursor:' .. td)
        for i = 1, #cursors, 2 do
            local cursor = parse_cursor(cursors[i + 1])
            if cursor and cursor.mode == 'run' then
                post_cursor_job(td, cursors[i], cursor)
            end
        end
    end

    local function restore_cursor_jobs()
        local bounds, last = redis.call('ZRANGE', p .. 'bounds', 0, -1), nil
        table.insert(bounds, 1, '')
        for _, bound in ipairs(bounds) do
            for _, member in ipairs(redis.call('ZRANGE', leaf_key(bound), 0,
                -1)) do
                local td = string.match(member, '^(.*):') or ''
                if td ~= last then
                    restore_cursor_jobs_of(td)
                    last = td
                end
            end
        end
    end

    local function restore_retry()
        restore_cursor_jobs()
        plan_lost_held()
    end

    -- Generations of before are all lower than a time.
    local function restore_generation()
        redis.call('SET', p .. 'gen', digits(now_ms()))
    end

    local restores = {
        bounds = restore_bounds,
        lease = restore_leases,
        gen = restore_generation,
        subs = restore_leaf,
        sub = unindex,
        outbox = restore_cursor_jobs,
        retry = restore_retry,
        parked = restore_cursor_jobs,
        held = restore_cursor_jobs,
    }

    local function move_away(key, why)
        local name = string.sub(key, #p + 1)
        if name == 'damaged' then -- what tells of damage can't tell of its own
            redis.call('DEL', key)
            return
        end
        local kind, suffix = string.match(name, '^(%a+):?(.*)$')
        local kept = p .. 'damaged:' .. note_damage(name, why)
        redis.call('RENAME', key, kept)
        redis.call('PEXPIRE', kept, digits(MOVED_MS))
        if restores[kind] then
            restores[kind](suffix)
        end
    end

    local function drop_field(key, field, why)
        note_damage(string.sub(key, #p + 1), why, field,
            redis.call('HGET', key, field))
        redis.call('HDEL', key, field)
    end

    local HAVE_SUBCOMMANDS = { XINFO = true, XGROUP = true }
    local BAD_NUMBERS = { 'not an integer', 'not a float', 'overflow' }

    local function is_bad_number(why)
        for _, words in ipairs(BAD_NUMBERS) do
            if string.find(why, words, 1, true) then
                return true
            end
        end
        return false
    end

    return function(why, command, ...)
        local key, field = ...
        if HAVE_SUBCOMMANDS[command] then
            key = field
        end
        why = string.match(why, '^[^\r\n]*')
        if string.sub(why, 1, 9) == 'WRONGTYPE' or
            string.find(why, 'exhausted', 1, true) then
            move_away(key, why)
        elseif command == 'HINCRBY' and is_bad_number(why) then
            drop_field(key, field, why)
        elseif command == 'INCR' and is_bad_number(why) then
            move_away(key, why)
        else
            return false
        end
        return true
    end
end

-- The stand-in for `redis`, which is `real`.
local function mend(real)
    local mended = setmetatable({}, { __index = real })
    local real_pcall, has_mended = real.pcall, nil

    -- Gives the command again once what it was refused for is out of the way.
    local function again(reply, ...)
        has_mended = has_mended or make_mender(mended)
        if has_mended(reply.err, ...) then
            return real_pcall(...)
        end
        return reply
    end

    function mended.pcall(...)
        local reply = real_pcall(...)
        if type(reply) == 'table' and reply.err then
            return again(reply, ...)
        end
        return reply
    end

    function mended.call(...)
        local reply = real_pcall(...)
        if type(reply) == 'table' and reply.err then
            reply = again(reply, ...)
            if type(reply) == 'table' and reply.err then
                error(reply)
            end
        end
        return reply
    end

    return mended
end

