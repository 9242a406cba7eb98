-- pulled.lua - topics that somebody pulls.
--
-- The sorted set `pulled` has topics in their normal spelling by until when (ms)
-- somebody wants their events: URLs, dotted ones for all below them too, `*` for
-- all dotted ones, and "" for every topic.
--
-- uses: shard, time

-- For how many more ms somebody pulls it, under exactly that name; 0: nobody does.
local function pulled_left(topic)
    local ends = redis.call('ZSCORE', p .. 'pulled', topic)
    return ends and math.max(0, ends - now_ms()) or 0
end
