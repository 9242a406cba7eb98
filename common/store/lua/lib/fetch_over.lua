-- fetch_over.lua - the end of a fetch.
--
-- A question is `EPOCH-NUMBER` of the call of take.lua that has taken a member.
-- What was taken anew since then is another fetch, which goes on.
--
-- uses: shard

-- Whether the member was being fetched until now, for that question.
local function end_fetch(member, question)
    return redis.call('HGET', p .. 'fetching', member) == question and
        redis.call('HDEL', p .. 'fetching', member) == 1
end

