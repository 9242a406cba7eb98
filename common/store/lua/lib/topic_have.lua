-- topic_have.lua - what those who want a topic have got.
--
-- `have` of topic:TD is the digest of the content that was fetched and is the
-- last that they got, by jobs or by pulling.  There is none after a push, whose id
-- `pushed` is then, and while nobody wants the topic.
--
-- uses: shard, wanted

-- Whether content with that digest, or a push (""), is anything new.
local function is_new_content(td, digest)
    return digest == '' or
        redis.call('HGET', p .. 'topic:' .. td, 'have') ~= digest
end

-- Such an event has begun, for so many subscriptions.  Called after its jobs
-- were posted: Redis at its memory limit has refused the script by then, or will
-- not.
local function note_content(event, topic, td, digest, subscribed)
    local key = p .. 'topic:' .. td
    if digest ~= '' then
        if is_wanted(topic, subscribed) then
            redis.call('HSET', key, 'have', digest)
        end
    elseif string.find(topic, ':', 1, true) and -- no dotted one is fetched
        redis.call('HDEL', key, 'have') == 1 then
        redis.call('HSET', key, 'pushed', event)
    end
end

