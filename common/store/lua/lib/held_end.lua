-- held_end.lua - what can't be interpreted is held, or given up.
--
-- uses: shard, numbers, held, held_again

-- It was tried often enough: it becomes a dead letter with its bytes.
local function give_up(from, fields, tries, why)
    redis.call('XADD', p .. 'dead', '*', unpack(with_fields({
        'v', 1, 'u', from, 'n', digits(tries), 'why', 'undecodable: ' .. why },
        fields)))
end

-- Returns whether it is held; else it is a dead letter.
local function hold_or_give_up(from, fields, tries, why, most)
    if tries >= most then
        give_up(from, fields, tries, why)
        return false
    end
    hold_entry(from, fields, tries, why)
    return true
end
