-- shard_status.lua - how far a shard is.
--
-- ARGV  none
-- Returns {name of the owner or false, its incarnation, epoch, ms that it is
--          owned for, id of the last event that has begun or false, events that
--          have begun in all, events of `log` that have not, open events,
--          entries of `bulk` and of `outbox` that nobody has read,
--          age in ms of the oldest event that is open or has not begun, or -1}.
--
-- Atomic: all of it is of one moment.
--
-- Repeated: it only reads.
--
-- uses: shard, numbers, time, age, lease, unread, unbegun, oldest_open

-- Open events of which the oldest one is looked for.  One spreader has fewer
-- open at a time.
local OPEN_MAX = 10000

local now = now_ms()
local owner = redis.call('HMGET', p .. 'owner', 'name', 'incarnation', 'epoch',
    'until')
local owned = owner[1] and is_valid(owner[4], now)
local position = redis.call('HMGET', p .. 'position', 'id', 'n')
local unbegun, first = count_unbegun()
local oldest = oldest_open(OPEN_MAX) or first

return { owned and owner[1], owned and owner[2] or '0',
         owned and owner[3] or '0', digits(owned and owner[4] - now or 0),
         position[1], digits(tonumber(position[2] or 0)), unbegun,
         redis.call('HLEN', p .. 'fanout'), count_unread('bulk'),
         count_unread('outbox'), age_of_id(oldest, now) }
