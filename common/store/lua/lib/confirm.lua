-- confirm.lua - what a request asks for is done: a subscription begins, is renewed,
-- or ends.
--
-- uses: shard, activation, subscription_event

local function drop_if_older(q, generation)
    -- uses: requests

    local waiting = redis.call('HGET', p .. 'request:' .. q, 'g')
    if waiting and tonumber(waiting) < generation then
        drop_request(q)
    end
end

-- Requests of the other kinds that wait, and are older.
local function drop_older(key, mode, generation)
    local other, denial = key .. (mode == 's' and ':u' or ':s'), key .. ':d'
    if redis.call('EXISTS', p .. 'request:' .. other,
                  p .. 'request:' .. denial) > 0 then
        drop_if_older(other, generation)
        drop_if_older(denial, generation)
    end
end

local function unsubscribe(td, cd)
    -- uses: subscription_end

    end_subscription(td, cd)
end

local function note_home(td)
    -- uses: everything

    if td == EVERYTHING then
        redis.call('HSET', p .. 'counts', 'home', 1)
    end
end

-- r: td, cd, mode (s or u), generation; to subscribe also topic, callback and its
-- host (lib/host.lua), lease and expires (s), secret, choices, ordered, and is_new
-- when there is no record of it.  Returns the subscription.
local function confirm(r)
    drop_older(r.td .. ':' .. r.cd, r.mode, r.generation)
    if r.mode == 'u' then
        unsubscribe(r.td, r.cd)
        return
    end
    if r.is_new then
        note_home(r.td)
    end
    local sub = { expires = r.expires, lease = r.lease, secret = r.secret,
                  generation = r.generation, choices = r.choices,
                  callback = r.callback }
    activate(r.td, r.cd, sub, r.ordered, r.topic, r.host, r.is_new)
    tell_change(r.is_new and 'created' or 'updated', r.td, r.cd)
    return sub
end

