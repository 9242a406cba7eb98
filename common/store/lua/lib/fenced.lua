-- fenced.lua - refuses who does not own the shard any more.
--
-- uses: owner

-- Ends the script with an error unless `epoch` is the valid one.  Called before
-- the first write, so that nothing is written under a stale epoch.
local function check_owner(epoch)
    if not owns(epoch) then
        error({ err = 'FENCED epoch ' .. epoch .. ' is over' })
    end
end

