-- cursor_parse.lua - a subscription in cursor mode (docs/ARCHITECTURE.md,
-- "Cursor mode").
--
-- u is the number of its current cursor job, at and n are id and number of the
-- last event that is not due any more.
-- `backfill_end` and `resume_after`, where there are any, have id and n of an
-- event each: the events of the index between them have jobs of their own.
-- While the subscription is paused there is no cursor job.

local CURSOR_MODES = { run = true, idle = true, paused = true }

local function parse_place(text)
    local id, n = string.match(text, '^(%d+%-%d+):(%d+)$')
    return id and { id = id, n = tonumber(n) }
end

-- nil when it can't be read, as though there were none.
local function parse_cursor(text)
    local u, mode, at, n, since, backfill_end, resume_after = string.match(text,
        '^(%d+) (%a+) (%d+%-%d+) (%d+) (%d+) (%S+) (%S+)$')
    if not CURSOR_MODES[mode] then
        return nil
    end
    return { u = tonumber(u), mode = mode, at = at, n = tonumber(n),
             since = since,
             backfill_end = parse_place(backfill_end),
             resume_after = parse_place(resume_after) }
end

