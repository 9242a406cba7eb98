-- health_ask.lua - an operator asks the coordinator for something.
--
-- ARGV  1 stream of cluster events, 2 how many of them are kept, then one of
--         check                a check is to be made
--         cleanup 0 | 1        things are mended no more, or again
--         fsck 0 | 1           everything is to be looked at, and mended
--         item SHARD KEY MEMBER ACTION
--                              one thing is to be mended
-- Returns the number of the check or the fsck, 1 of the others; 0 when one is
-- under way already, or nothing of the kind is known to be wrong; -1 when too much
-- is asked for.
--
-- Atomic: what is asked for is stored, and told, in one step.  Stands behind
-- mending.lua, so that a damaged stream does not end it in between.
--
-- Repeated: it is asked for once more: another check; an fsck that was asked for
-- is under way.
--
-- uses: shard, cluster_event

local stream, cap, what = ARGV[1], ARGV[2], ARGV[3]
local state = p .. 'health_state'
local ITEMS_MAX = 100

local function ask_fsck(repair)
    local now = redis.call('HGET', state, 'fsck_state')
    if now == 'requested' or now == 'running' then
        return 0
    end
    redis.call('HSET', state, 'fsck_state', 'requested', 'fsck_repair', repair)
    redis.call('HDEL', state, 'fsck_progress')
    return redis.call('HINCRBY', state, 'fsck', 1)
end

local function ask_item(shard, name, member, action)
    local thing = shard .. '\n' .. name .. '\n' .. member
    local known = redis.call('HGET', p .. 'health_attempts', thing)
    if not known or string.match(known, '^%S+') ~= action then
        return 0
    elseif redis.call('LLEN', p .. 'health_items') >= ITEMS_MAX then
        return -1
    end
    redis.call('RPUSH', p .. 'health_items', thing .. '\n' .. action)
    return 1
end

local function ask()
    if what == 'check' then
        return redis.call('HINCRBY', state, 'asked', 1)
    elseif what == 'cleanup' then
        redis.call('HSET', state, 'cleanup', ARGV[4])
        return 1
    elseif what == 'fsck' then
        return ask_fsck(ARGV[4])
    end
    return ask_item(ARGV[4], ARGV[5], ARGV[6], ARGV[7])
end

local result = ask()
if result > 0 then
    tell_event(stream, cap, 'health_requested', 'w', what)
end
return result
