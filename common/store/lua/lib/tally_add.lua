-- tally_add.lua - counts what becomes of an event's deliveries.
--
-- uses: tally, posted

-- Adds to a field of the event, '' or a letter behind a space; not once its
-- retention has ended.
local function tally_add(event, field, count)
    local left_ms = redis.call('PTTL', posted_key(event))
    if left_ms > 0 then
        local key = tally_key(event)
        redis.call('HINCRBY', key, event .. field, count)
        redis.call('PEXPIRE', key, left_ms)
    end
end
