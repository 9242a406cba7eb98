-- cursor_job.lua - the cursor job of a subscription.
--
-- uses: shard, numbers, cursor_set

-- Posts the next cursor job.  It has a number of its own, so that a repetition
-- of the one before is known as such.
local function post_cursor_job(td, cd, cursor)
    cursor.u, cursor.mode = cursor.u + 1, 'run'
    set_cursor(td, cd, cursor)
    redis.call('XADD', p .. 'outbox', '*', 'f', td, 'c', cd,
        'u', digits(cursor.u))
end

