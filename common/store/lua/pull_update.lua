-- pull_update.lua - change a pull subscription.
--
-- ARGV  1 its id, 2 number of shards, 3 ttl in s, 0: as it is, 4 1 when the topics
--       change, 5 topics, 6 their cursors
-- Returns done, or unknown.
--
-- Atomic: topics, cursors and number.  Shards that it has had keep their cursors:
-- nothing is skipped there or handed out twice.  Under the number of before nothing
-- is taken, and no cursor is moved on, for which other topics were looked at.
-- What is held stays so: it was taken before, and is received when its request
-- ends.
--
-- Repeated: it has the same topics, and another number.
--
-- uses: shard, time, numbers, pull_get, pull_cursors, pull_cursors_text
-- uses: last_seen

local pull = get_pull(ARGV[1], ARGV[2])
if not pull then
    return 'unknown'
end

-- The cursors of the new topics, but where they were.
local function kept(cursors)
    local new = read_cursors(ARGV[6], tonumber(ARGV[2]))
    for _, shard in ipairs(new.shards) do
        new.at[shard] = cursors.at[shard] or new.at[shard]
    end
    return cursors_text(new)
end

if ARGV[3] ~= '0' then
    pull.ttl = tonumber(ARGV[3])
end
see_pull(pull, now_ms())
local key = p .. 'pull:' .. pull.id
redis.call('HSET', key, 'ttl', digits(pull.ttl))
if ARGV[4] == '1' then
    redis.call('HSET', key, 't', ARGV[5], 'c', kept(pull.received),
        'n', digits(pull.n + 1))
    if pull.is_explicit then
        redis.call('HSET', key, 'h', kept(pull.handed_out))
    end
end
return 'done'
