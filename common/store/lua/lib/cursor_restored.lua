-- cursor_restored.lua - a cursor in place of one that was damaged.
--
-- uses: shard, subscription, numbers, damage, paused, cursor_set

-- A subscription in cursor mode gets one that begins with the index: rather twice
-- than never; that of a paused one is stored.  nil of one that is not in cursor
-- mode.
local function restored_cursor(td, cd, now)
    local _, sub = get_sub(td, cd)
    if not sub or sub.flags == '-' or sub.flags == 'c' then
        return nil
    end
    local first = redis.call('XRANGE', p .. 'events:' .. td, '-', '+',
        'COUNT', 1)[1]
    local n = first and tonumber(first[2][2]) or 1
    note_damage('cursor:' .. td, 'no cursor of a subscription that had one',
        cd)
    local cursor = { u = now, mode = 'idle', at = '0-0',
                     n = math.max(0, n - 1), since = digits(now) }
    if is_paused(td, cd) then
        cursor.mode = 'paused'
        set_cursor(td, cd, cursor)
    end
    return cursor
end

