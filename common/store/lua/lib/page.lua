-- page.lua - one page of an event's jobs.
--
-- The levels' indexes are merged in the order of CDs: one job for a CD, for
-- the most specific level that has it.
--
-- A subscription in cursor mode gets an event of the index by a cursor job, and
-- no job, if its cursor has yet to come to it; cursors do not pass an event
-- before a page has (next_event.lua).  One whose cursor is beyond it already
-- has entered cursor mode after the event began: it gets a job.
--
-- uses: shard, index_page

-- How many subscriptions of a level are in cursor mode; it does not change
-- during a call.
local cursor_counts = {}

local function has_cursors(td)
    local count = cursor_counts[td]
    if not count then
        count = redis.call('HLEN', p .. 'cursor:' .. td)
        cursor_counts[td] = count
    end
    return count > 0
end

-- The next CDs of each level that has any, at most a page of each: more can't
-- be among the first `size` of all.
local function level_lists(tds, from, size)
    local lists = {}
    for i, td in ipairs(tds) do
        local cds = index_page(td, from, size)
        if #cds > 0 then
            lists[#lists + 1] = {
                td = td, cds = cds, at = 1,
                suffix = i == 1 and '' or i == #tds and ':*' or ':' .. i - 1,
            }
        end
    end
    return lists
end

-- A topic that has subscriptions and none in the index: that was damaged.
local function find_lost(tds, size)
    -- uses: reindex

    for _, td in ipairs(tds) do
        if redis.call('EXISTS', p .. 'sub:' .. td) == 1 and
            #index_page(td, '', 1) == 0 then
            reindex(td)
        end
    end
    return level_lists(tds, '', size)
end

-- Whether a level without a subscription in the index has one.
local function has_lost(tds, lists)
    local keys, found = {}, {}
    for _, list in ipairs(lists) do
        found[list.td] = true
    end
    for _, td in ipairs(tds) do
        if not found[td] then
            keys[#keys + 1] = p .. 'sub:' .. td
        end
    end
    return #keys > 0 and redis.call('EXISTS', unpack(keys)) > 0
end

-- What the pages of several levels need, or of topics of which somebody is in
-- cursor mode: a function that returns the targets of a page, how many CDs
-- were looked at, and the last one.
local function make_choice()
    -- uses: ids, order, cursor_parse, cursor_job

    local FEW = 64     -- cursors of a level that are read at once
    local VERY_FEW = 4 -- that are looked for one by one
    local kept = {}    -- TD -> those cursors by CD

    local function parse_all(texts)
        local found = {}
        for i = 1, #texts, 2 do
            found[texts[i]] = parse_cursor(texts[i + 1])
        end
        return found
    end

    -- The cursors of a level, at least those of `cds`, by CD; nil when the
    -- index does not have the event.
    local function cursors_of(td, event, cds, is_indexed)
        local key = p .. 'cursor:' .. td
        if not is_indexed and
            #redis.call('XRANGE', p .. 'events:' .. td, event, event) == 0 then
            return nil
        end
        if cursor_counts[td] <= FEW then
            kept[td] = kept[td] or parse_all(redis.call('HGETALL', key))
            return kept[td]
        end
        local found = {}
        for i, text in ipairs(redis.call('HMGET', key, unpack(cds))) do
            found[cds[i]] = text and parse_cursor(text) or nil
        end
        return found
    end

    -- Whether the event comes by a cursor job.  During a backfill that holds up
    -- to the backfill end, and after `resume after`.
    local function has_cursor_job(cursor, event)
        local backfill_end, resume = cursor.backfill_end, cursor.resume_after
        if not id_before(cursor.at, event) then
            return false
        end
        return not backfill_end or not id_before(backfill_end.id, event) or
            resume ~= nil and id_before(resume.id, event)
    end

    -- Whether a cursor of the subscription comes to the event; an idle one is
    -- given a cursor job for it.
    local function comes_by_cursor_job(list, cd, event)
        local cursor = list.cursors and list.cursors[cd]
        if not cursor or not has_cursor_job(cursor, event) then
            return false
        end
        if cursor.mode == 'idle' then
            post_cursor_job(list.td, cd, cursor)
        end
        return true
    end

    local function find(cds, cd)
        for i = 1, #cds do
            if cds[i] == cd then
                return i
            end
        end
        return nil
    end

    -- The targets of a page of one level, all but a few of its CDs.
    local function most_of(list, event)
        local cds = list.cds
        local looked, last = #cds, cds[#cds]
        for cd in pairs(list.cursors) do
            local at = find(cds, cd)
            if at and comes_by_cursor_job(list, cd, event) then
                table.remove(cds, at)
            end
        end
        return cds, looked, last
    end

    -- The targets of a page of one level.
    local function targets_of(list, event)
        local targets, cds, suffix = {}, list.cds, list.suffix
        if suffix == '' and list.cursors and
            cursor_counts[list.td] <= VERY_FEW then
            return most_of(list, event)
        end
        for i = 1, #cds do
            local cd = cds[i]
            if not comes_by_cursor_job(list, cd, event) then
                targets[#targets + 1] = cd .. suffix
            end
        end
        return targets, #cds, cds[#cds]
    end

    -- Takes the smallest CD off all lists; returns it and the first list that
    -- has it.
    local function take_next(lists)
        local best
        for _, list in ipairs(lists) do
            local cd = list.cds[list.at]
            if cd and (not best or text_before(cd, best.cds[best.at])) then
                best = list
            end
        end
        if not best then
            return nil
        end
        local cd = best.cds[best.at]
        for _, list in ipairs(lists) do
            if list.cds[list.at] == cd then
                list.at = list.at + 1
            end
        end
        return cd, best
    end

    -- `indexed` has the TDs of which the index is known to have the event.
    return function(event, lists, size, indexed)
        local targets, looked, last = {}, 0, nil
        for _, list in ipairs(lists) do
            if has_cursors(list.td) then
                list.cursors = cursors_of(list.td, event, list.cds,
                    indexed[list.td])
            end
        end
        if #lists == 1 then
            return targets_of(lists[1], event)
        end
        while looked < size do
            local cd, list = take_next(lists)
            if not cd then
                break
            end
            if not comes_by_cursor_job(list, cd, event) then
                targets[#targets + 1] = cd .. list.suffix
            end
            looked, last = looked + 1, cd
        end
        return targets, looked, last
    end
end

local choose

-- The targets of the page after CD `from`, "" for the first one; how many CDs
-- were looked at, and the last one.
local function page_targets(event, tds, from, size, indexed)
    local lists = level_lists(tds, from, size)
    if from == '' and #lists < #tds and has_lost(tds, lists) then
        lists = find_lost(tds, size)
    end
    if #lists == 0 then
        return {}, 0, nil
    end
    if #lists == 1 and lists[1].suffix == '' and
        not has_cursors(lists[1].td) then
        local cds = lists[1].cds
        return cds, #cds, cds[#cds]
    end
    choose = choose or make_choice()
    return choose(event, lists, size, indexed)
end
