-- test_event.lua - send a test event to one subscription.
--
-- ARGV  1 TD, 2 CD, 3 topic, 4 content type, 5 body
-- Returns the event's id, "" when there is no such subscription.
--
-- The event is not in the log: its content is in kept:E, as that of an event that
-- has left while jobs refer to it.  So no fan-out, cursor, replay or reader of the
-- log comes to it.  Its job is sent whatever the subscription's mode is.
--
-- Atomic: the content, the reference and the job.
--
-- Repeated: another test event.
--
-- uses: shard, time, numbers, subscription, post_jobs

local td, cd = ARGV[1], ARGV[2]
local FIRST = 4294960000 -- numbers of a ms that the log never reaches
local LAST = 4294967295

local function new_id()
    local ms = digits(now_ms())
    for seq = FIRST, LAST do
        local id = ms .. '-' .. digits(seq)
        if redis.call('EXISTS', p .. 'kept:' .. id) == 0 then
            return id
        end
    end
end

local _, sub = get_sub(td, cd)
if not sub then
    return ''
end
local id = new_id()
redis.call('HSET', p .. 'kept:' .. id, 'v', 1, 't', ARGV[3], 'ct', ARGV[4],
    'b', ARGV[5])
post_jobs('outbox', id, { cd })
return id
