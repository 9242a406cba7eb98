-- health_note.lua - the coordinator notes what is wrong, and learns what it is to
-- mend by now.
--
-- ARGV  1 epoch of the coordinator, 2 stream of cluster events, 3 how many of
--       them are kept, 4 the report, or "" to keep the last one, 5 1 when things
--       are mended unless `cleanup` says otherwise, 6 1 to mend anyway, 7 attempts
--       for one thing, 8 ms between two, then of all that is wrong: the shard as
--       text (`c` of the cluster's slot), key, member, action, issue
-- Returns {list of the numbers, from 0, of those that are to be mended now, list of
--          those that are given up by this call, how many are to be looked at
--          again}.  FENCED: the caller is not the coordinator.
--
-- `health_attempts` has of each thing, by shard, key and member on lines of
-- their own, `ACTION SEEN ATTEMPTS LAST TOLD`: when it was seen first, how often
-- it was mended and when last (ms), and 1 once it was given up.  What is
-- wrong no more leaves it.
--
-- Atomic: the attempt is counted before it is made, and the one alert is told with
-- its note.
--
-- Repeated: too early for another attempt; nothing is given up twice.
--
-- uses: shard, time, numbers, fenced, cluster_event

local stream, cap, report = ARGV[2], ARGV[3], ARGV[4]
local attempts, pause = tonumber(ARGV[7]), tonumber(ARGV[8])
local FIRST, WORDS = 9, 5
local key = p .. 'health_attempts'

check_owner(ARGV[1])
local now = now_ms()
local cleanup = redis.call('HGET', p .. 'health_state', 'cleanup') or ARGV[5]
local mends = cleanup == '1' or ARGV[6] == '1'
local due, given_up, seen, open = {}, {}, {}, 0

local function tell(shard, name, action, issue)
    local where = shard == 'c' and {} or { 's', shard }
    tell_event(stream, cap, 'alert', 'w', issue .. ' ' .. action .. ' ' ..
        string.sub(name, 1, 100), unpack(where))
end

local function take(text)
    local of, first, made, last, told = string.match(text or '',
        '^(%S+) (%d+) (%d+) (%d+) (%d)$')
    return of, tonumber(first), tonumber(made), tonumber(last), told
end

local function note(number, shard, name, member, action, issue)
    local thing = shard .. '\n' .. name .. '\n' .. member
    local of, first, made, last, told =
        take(redis.call('HGET', key, thing))
    seen[thing] = true
    if of ~= action then
        first, made, last, told = now, 0, 0, '0'
    elseif now - math.max(first, last) >= pause then
        if made < attempts and (mends or action == 'none') then
            made, last = made + 1, now
            due[#due + 1] = number
        elseif made >= attempts and told == '0' then
            told = '1'
            given_up[#given_up + 1] = number
            tell(shard, name, action, issue)
        end
    end
    if told == '0' and (mends or action == 'none' or made >= attempts) then
        open = open + 1
    end
    redis.call('HSET', key, thing, table.concat({ action, digits(first), made,
        digits(last), told }, ' '))
end

for i = FIRST, #ARGV, WORDS do
    note((i - FIRST) / WORDS, unpack(ARGV, i, i + WORDS - 1))
end
for _, thing in ipairs(redis.call('HKEYS', key)) do
    if not seen[thing] then
        redis.call('HDEL', key, thing)
    end
end
if report ~= '' then
    redis.call('SET', p .. 'health', report)
end
return { due, given_up, open }
