-- pull_take.lua - a request takes messages of a pull subscription.
--
-- ARGV  1 its id, 2 number of shards, 3 token of the request, 4 number that the
--       request began with, 5 ms for which what is taken is held, 6 cursors of
--       what is taken
-- Returns done, unknown, moved, or busy.
--
-- Atomic: of requests that began with the same number one takes.  Without explicit
-- ack it holds what it took; with explicit ack that counts as handed out, and how
-- far the last hand-outs came is kept for who acknowledges one of them.
--
-- Repeated: moved.
--
-- uses: shard, memory, time, numbers, pull_get, pull_held, pull_cursors
-- uses: pull_forward, pull_cursors_text

local BATCHES_KEPT = 4 -- hand-outs; of older ones nobody tells the responses' loss

-- With the last ones before it, the oldest first.
local function batches_with(taken, batches)
    local kept = { taken }
    for batch in string.gmatch(string.reverse(batches), '[^;]+') do
        if #kept < BATCHES_KEPT then
            table.insert(kept, 1, (string.reverse(batch)))
        end
    end
    return table.concat(kept, ';')
end

local token, held_ms, now = ARGV[3], tonumber(ARGV[5]), now_ms()
local pull = get_pull(ARGV[1], ARGV[2])
if not pull then
    return 'unknown'
elseif pull.n ~= tonumber(ARGV[4]) then
    return 'moved'
elseif is_held(pull, token, held_ms, now) then
    return 'busy'
end
local key = p .. 'pull:' .. pull.id
pass_memory_limit()
if pull.is_explicit then
    move_forward(pull.handed_out, read_cursors(ARGV[6], tonumber(ARGV[2])))
    redis.call('HSET', key, 'n', digits(pull.n + 1), 'h',
        cursors_text(pull.handed_out), 'k',
        batches_with(ARGV[6], pull.batches))
else
    redis.call('HSET', key, 'n', digits(pull.n + 1), 'by', token,
        'until', digits(now + held_ms))
end
return 'done'
