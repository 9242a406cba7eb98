-- pull_remove.lua - end a pull subscription.
--
-- ARGV  1 its id, 2 number of shards
-- Returns done, or unknown.
--
-- Atomic: all that is known of it goes; requests that are on their way for it are
-- told so when they come.
--
-- Repeated: there is none.
--
-- uses: pull_get, pull_drop

if not get_pull(ARGV[1], ARGV[2]) then
    return 'unknown'
end
drop_pull(ARGV[1])
return 'done'
