-- pull_begin.lua - a request for a pull subscription's messages begins.
--
-- ARGV  1 its id, 2 number of shards, 3 token of the request, 4 ms that it may
--       last, 5 1 for what was not handed out yet (again), 6 ms for which what was
--       taken is held, 7 shard and 8 id of the last event that is acknowledged, 9
--       the last id not after it of the shards behind that one (7 to 9 empty:
--       nothing is acknowledged)
-- Returns {done, topics, ttl in s, 1 for explicit ack, cursors, number of the last
-- hand-out}, {busy} while another request holds what it took, or {unknown}.
--
-- Atomic: the subscription is seen, and stays so while the request is on its way;
-- what is acknowledged is received, and no more than was handed out by then.
--
-- Repeated: the time of the request begins anew.
--
-- uses: shard, memory, time, ids, pull_get, pull_cursors, pull_held
-- uses: pull_forward, pull_cursors_text, last_seen

local token, now = ARGV[3], now_ms()
local pull = get_pull(ARGV[1], ARGV[2])
if not pull then
    return { 'unknown' }
end

local function earlier(a, b)
    return id_before(a, b) and a or b
end

-- What was handed out by the first of the last hand-outs that came to the event.
-- What came after it is not acknowledged even where it has an earlier id, in
-- another shard: who names the event may not have got it.
local function handed_out_with_it()
    local found = { at = {} }
    for _, shard in ipairs(pull.handed_out.shards) do
        found.at[shard] = pull.handed_out.at[shard]
    end
    for text in string.gmatch(pull.batches, '[^;]+') do
        local batch = read_cursors(text, tonumber(ARGV[2]))
        local its = batch and batch.at[ARGV[7]]
        if its and not id_before(its, ARGV[8]) then
            for shard, id in pairs(found.at) do
                found.at[shard] = earlier(id, batch.at[shard] or '0-0')
            end
        end
    end
    return found
end

-- Of that, what is not after the event.
local function acknowledged()
    local found = handed_out_with_it()
    for shard, id in pairs(found.at) do
        local last = tonumber(shard) <= tonumber(ARGV[7]) and ARGV[8] or ARGV[9]
        found.at[shard] = earlier(id, last)
    end
    return found
end

pass_memory_limit()
see_pull(pull, now, token, tonumber(ARGV[4]))
if is_held(pull, token, tonumber(ARGV[6]), now) then
    return { 'busy' }
end
if pull.is_explicit and ARGV[7] ~= '' then
    move_forward(pull.received, acknowledged())
    redis.call('HSET', p .. 'pull:' .. pull.id, 'c',
        cursors_text(pull.received))
end
if pull.is_explicit and ARGV[5] == '1' then
    move_forward(pull.received, pull.handed_out)
end
return { 'done', pull.topics, pull.ttl, pull.is_explicit and 1 or 0,
         cursors_text(pull.received), pull.n }
