-- replay.lua - events that are delivered again because an operator wants it.
--
-- uses: shard, time, numbers

local REPLAY_KEPT_MS = 86400000 -- once it has ended

local function end_replay(id, state)
    local key = p .. 'replay:' .. id
    redis.call('ZREM', p .. 'replaying', id)
    redis.call('HSET', key, 's', state, 'ended', digits(now_ms()))
    redis.call('PEXPIRE', key, REPLAY_KEPT_MS)
end
