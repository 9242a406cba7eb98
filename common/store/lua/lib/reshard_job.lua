-- reshard_job.lua - work that waits, in another number of shards.
--
-- uses: everything, reshard_id, reshard_place

-- A member of `retry` or of a list `parked:H`: its place and how it is spelled
-- there.  nil for what goes nowhere: its event or request has left, or it is the
-- cursor job of a subscription to `*`, which gets another one.
local function new_member(member)
    local kind, rest = string.match(member, '^(%a) (.+)$')
    if kind == 'd' then
        local event, behind = string.match(rest, '^(%d+%-%d+) (.+)$')
        local place = event and place_of_event(event)
        return place, place and 'd ' .. new_id(event) .. ' ' .. behind
    elseif kind == 'f' then
        local td = string.match(rest, '^%S+')
        return td ~= EVERYTHING and place_of_td(td) or nil, member
    elseif kind == 'v' then
        return place_of_request(string.match(rest, '^%S+')), member
    end
    return nil
end
