-- reshard_rows.lua - what goes to a new shard, row by row.
--
-- A row is {PLACE, ORDER, OP, arguments of OP ...}: ORDER is the id of an entry of
-- a stream, else '', OP one of reshard_put.lua.  PLACE begins with a letter:
--   t TOPIC  the new shard of a topic       d TD  of a URL topic
--   i ID     of a pull subscription         a     all that this shard feeds
--   e        all there are                  o     the first that this shard feeds

local rows, row_bytes = {}, 0

local function add_row(place, order, op, ...)
    local row = { place, order, op, ... }
    for i = 1, #row do
        row_bytes = row_bytes + #row[i]
    end
    rows[#rows + 1] = row
end
