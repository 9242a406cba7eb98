-- group_changes.lua - the topic groups that have changed since a revision.
--
-- ARGV  1 revision, 2 when the caller's revisions began, empty where it knows
--       none, `*` where that does not matter, 3 at most so many groups
-- Returns {when revisions began or '', the last revision, revision, id, record,
-- revision, id, record ...}, the earliest change first.  Where the revisions are
-- others than the caller's (Redis was emptied, or has lost the last ones) those from
-- the start.
--
-- Atomic: all of it is of one moment.  A group that changes again comes once more.
--
-- Repeated: it only reads.
--
-- uses: shard

local state = redis.call('HMGET', p .. 'group_state', 'born', 'n')
local born, last = state[1] or '', state[2] or '0'
local goes_on = (born == ARGV[2] or ARGV[2] == '*') and tonumber(last) >= tonumber(ARGV[1])
local since = goes_on and ARGV[1] or '0'
local reply = { born, last }
local ids = redis.call('ZRANGEBYSCORE', p .. 'group_revisions', '(' .. since,
    '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])

for i = 1, #ids, 2 do
    reply[#reply + 1] = ids[i + 1]
    reply[#reply + 1] = ids[i]
    reply[#reply + 1] = redis.call('HGET', p .. 'groups', ids[i]) or ''
end
return reply
