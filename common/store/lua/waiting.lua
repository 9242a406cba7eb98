-- waiting.lua - how much waits in each queue of a shard, and for how long.
--
-- ARGV  none
-- Returns, for each queue in the order of enum wsub_queue (waiting.h), how many
-- entries wait, and for how many ms the oldest one has, -1 where none waits or
-- nobody can tell; then how many active subscriptions the shard has, how many of
-- them are to URLs, and how many to `*`, which only their home shard counts; then
-- how many ms ago the last dead letter came, -1 where none has, also where it was
-- replayed or purged since.
--
-- Of a lane and of `verify` that is what nobody has read and what is claimed and
-- not settled.
--
-- Atomic: all of it is of one moment.
--
-- Repeated: it only reads.
--
-- No part of it costs more the more waits: it is called every few seconds.
--
-- uses: shard, time, numbers, age, unread, unbegun, oldest_open, everything
-- uses: subscription_count, last_id

local OPEN_MOST = 128 -- open events among which the oldest one is looked for

local now = now_ms()
local found = {}

local function add(entries, oldest_ms)
    found[#found + 1] = entries
    found[#found + 1] = oldest_ms
end

local function first_id(stream, from)
    local first = redis.call('XRANGE', p .. stream, from, '+', 'COUNT', 1)[1]
    return first and first[1]
end

local function add_stream(stream)
    add(redis.call('XLEN', p .. stream), age_of_id(first_id(stream, '-'), now))
end

local function add_lane(lane)
    local claimed, read = 0, nil
    for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', p .. lane)) do
        if group[2] == 'deliver' then
            claimed, read = group[6], group[8]
        end
    end
    local oldest
    if claimed > 0 then
        oldest = redis.call('XPENDING', p .. lane, 'deliver')[2]
    else
        oldest = first_id(lane, read and '(' .. read or '-')
    end
    add(count_unread(lane) + claimed, age_of_id(oldest, now))
end

-- Age by the score of the first member, a time in ms, where that is over.
local function age_of_first(name)
    local first = redis.call('ZRANGE', p .. name, 0, 0, 'WITHSCORES')[2]
    return first and tonumber(first) <= now and now - tonumber(first) or -1
end

local function count_due(name)
    return redis.call('ZCOUNT', p .. name, '-inf', digits(now))
end

local unbegun, first = count_unbegun()
add(unbegun, age_of_id(first, now))
add(redis.call('HLEN', p .. 'fanout'), age_of_id(oldest_open(OPEN_MOST), now))
add_stream('pings')
add(count_due('fetch'), age_of_first('fetch'))
add(count_due('validations'), age_of_first('validations'))
add_lane('outbox')
add_lane('bulk')
add_lane('verify')
local due = count_due('retry')
add(due, age_of_first('retry'))
add(redis.call('ZCARD', p .. 'retry') - due, -1)
local counts = redis.call('HMGET', p .. 'counts', 'p', 's', 'u',
    'home')
add(tonumber(counts[1] or nil) or 0, -1)
add_stream('held')
add_stream('dead')
add(redis.call('ZCARD', p .. 'suspended'), age_of_first('suspended'))
add(redis.call('ZCARD', p .. 'paused'), age_of_first('paused'))
add(redis.call('ZCARD', p .. 'pulls'), -1)
found[#found + 1] = tonumber(counts[2] or nil) or 0
found[#found + 1] = tonumber(counts[3] or nil) or 0
found[#found + 1] = counts[4] and count_of_topic(EVERYTHING) or 0
local last_letter = last_id('dead')
found[#found + 1] = age_of_id(last_letter ~= '0-0' and last_letter, now)
return found
