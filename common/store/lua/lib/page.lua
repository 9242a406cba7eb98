-- page.lua - one page of an event's jobs.
--
-- The levels' indexes are merged in the order of CDs: one job for a CD, for
-- the most specific level that has it.  What an entry costs Redis and deliver is
-- shared by the jobs of its bundle.
--
-- A subscription in cursor mode gets an event of the index by a cursor job, and
-- no job, if its cursor has yet to come to it; cursors do not pass an event
-- before a page has (next_event.lua).  One whose cursor is beyond it already
-- has entered cursor mode after the event began: it gets a job.
--
-- uses: shard, index_page

local BUNDLE_JOBS = 16 -- deliver/bundle.h: at most

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

-- The targets of a page of several levels, or of a topic of which somebody is
-- in cursor mode; how many CDs were looked at, and the last one.
local function merged_targets(event, lists, cursors, size)
    -- uses: ids, order, cursor_parse, cursor_job

    -- The texts of the cursors among `cds`, by CD; nil when the index does not
    -- have the event.
    local function cursors_of(td, cds)
        if #redis.call('XRANGE', p .. 'events:' .. td, event, event) == 0 then
            return nil
        end
        local found = {}
        for i, text in ipairs(redis.call('HMGET', p .. 'cursor:' .. td,
            unpack(cds))) do
            found[cds[i]] = text or nil
        end
        return found
    end

    for _, list in ipairs(lists) do
        if cursors[list.td] then
            list.cursors = cursors_of(list.td, list.cds)
        end
    end

    -- Takes the smallest CD off all lists; returns it and the first list that
    -- has it.
    local function take_next()
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

    -- Whether the event comes by a cursor job.  During a backfill that holds up
    -- to the backfill end, and after `resume after`.
    local function has_cursor_job(cursor)
        local backfill_end, resume = cursor.backfill_end, cursor.resume_after
        if not id_before(cursor.at, event) then
            return false
        end
        return not backfill_end or not id_before(backfill_end.id, event) or
            resume ~= nil and id_before(resume.id, event)
    end

    -- An idle subscription is given a cursor job for the event.
    local function comes_by_cursor_job(list, cd)
        local text = list.cursors[cd]
        local cursor = text and parse_cursor(text)
        if not cursor or not has_cursor_job(cursor) then
            return false
        end
        if cursor.mode == 'idle' then
            post_cursor_job(list.td, cd, cursor)
        end
        return true
    end

    local targets, looked, last = {}, 0, nil
    while looked < size do
        local cd, list = take_next()
        if not cd then
            break
        end
        if not (list.cursors and comes_by_cursor_job(list, cd)) then
            targets[#targets + 1] = cd .. list.suffix
        end
        looked, last = looked + 1, cd
    end
    return targets, looked, last
end

-- The levels of which some subscription is in cursor mode.
local function levels_with_cursors(tds)
    local cursors = {}
    for _, td in ipairs(tds) do
        if redis.call('EXISTS', p .. 'cursor:' .. td) == 1 then
            cursors[td] = true
        end
    end
    return cursors
end

-- The targets of the page after CD `from`, "" for the first one; how many CDs
-- were looked at, and the last one.
local function page_targets(event, tds, cursors, from, size)
    local lists = level_lists(tds, from, size)
    if #lists == 0 then
        return {}, 0, nil
    end
    if #lists == 1 and lists[1].suffix == '' and not cursors[lists[1].td] then
        local cds = lists[1].cds
        return cds, #cds, cds[#cds]
    end
    return merged_targets(event, lists, cursors, size)
end

local function post_jobs(lane, event, targets)
    for i = 1, #targets, BUNDLE_JOBS do
        redis.call('XADD', p .. lane, '*', 'e', event, 'c',
            table.concat(targets, ' ', i,
                math.min(i + BUNDLE_JOBS - 1, #targets)))
    end
    if #targets > 0 then
        redis.call('HINCRBY', p .. 'refs', event, #targets)
    end
end

