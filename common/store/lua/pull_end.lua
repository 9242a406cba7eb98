-- pull_end.lua - a request for a pull subscription's messages is over.
--
-- ARGV  1 its id, 2 number of shards, 3 token of the request, 4 number that it
--       began with, one more when it took something, 5 cursors up to which all is
--       received, or not for the subscription; - for none
-- Returns done, unknown, or moved: the cursors are not stored.
--
-- Atomic: cursors move on only for who took last, or when nobody has taken since
-- the request began; what the request held is free.  Where the time of its hold
-- had passed, but nobody has taken since, it is received all the same, and whoever
-- began meanwhile begins anew.
--
-- Repeated: the cursors are there, or moved.
--
-- uses: shard, memory, time, numbers, pull_get, pull_cursors, pull_forward
-- uses: pull_cursors_text, last_seen

local token, now = ARGV[3], now_ms()
local pull = get_pull(ARGV[1], ARGV[2])
if not pull then
    return 'unknown'
end
local key = p .. 'pull:' .. pull.id
local is_holder = pull.by == token
local has_cursors = ARGV[5] ~= '-'
local is_last = is_holder or pull.n == tonumber(ARGV[4])

pass_memory_limit()
see_pull(pull, now, token)
if has_cursors and is_last then
    move_forward(pull.received, read_cursors(ARGV[5], tonumber(ARGV[2])))
    redis.call('HSET', key, 'c', cursors_text(pull.received))
end
if is_holder then
    redis.call('HDEL', key, 'by', 'until')
    if has_cursors and pull.held_until <= now then
        redis.call('HSET', key, 'n', digits(pull.n + 1))
    end
end
return (is_last or not has_cursors) and 'done' or 'moved'
