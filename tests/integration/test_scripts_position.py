"""The log by position: begin gives first pages in the order of the log, page the
further ones, resume says where the next owner goes on."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bundles import numbered
from support.cursor_job import LANE, NO_PARTS, CursorTest
from support.redis import RedisError
from support.scripts import CD, TD, TOPIC, FullRedis, ScriptTest, targets

ENOUGH = 500  # subscriptions in one call


class PositionTest(ScriptTest):
    def events(self, count, **options):
        return [self.event(**options) for _ in range(count)]

    def count(self):
        """How many have begun."""
        return int(self.hash("position")[b"n"])

    def resume(self):
        """The position, and the open events with their topics."""
        position, *flat = [word.decode() for word in self.as_owner("resume")]
        return position, dict(zip(flat[::2], flat[1::2]))


class Begin(PositionTest):
    def test_before_the_first_event(self):
        self.assertEqual(self.position(), "0-0")
        self.assertEqual(self.unchanged_by(self.begin), ("0-0", []))
        self.assertEqual(self.unchanged_by(self.resume), ("0-0", {}))

    def test_several_events_begin_in_their_order(self):
        self.subscribe(CD)
        events = self.events(5)
        self.assertEqual(self.begin(*events[:2]), (events[1], [(1, 1)] * 2))
        self.assertEqual(self.begin(*events[2:]), (events[4], [(1, 1)] * 3))
        self.assertEqual([fields[b"e"].decode() for _, fields in
                          self.entries("outbox")], events)
        self.assertEqual(self.hash("position"), {
            b"id": events[4].encode(), b"n": b"5"})
        self.assertFalse(self.exists("fanout"))

    def test_what_has_begun_before_an_error_begins_no_second_time(self):
        """Of a key of another type, that is found when the jobs are posted."""
        self.subscribe(CD)
        one, two = events = self.events(2)
        self.call("SET", f"topic:{TD}", "x")
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.begin(one, two, after="0-0")
        self.assertEqual(self.position(), one)
        self.begin(two, after=one)  # that key was moved out of the way
        self.assertEqual([fields[b"e"].decode() for _, fields in
                          self.entries("outbox")], [one, two])
        self.assertEqual(self.count(), 2)

    def test_repeated_it_does_nothing(self):
        """As after a lost reply, or by one who is behind."""
        self.subscribe(*numbered(101))
        one, two, three = self.events(3)
        self.begin(one, two, after="0-0")
        for words in ((one, two), (one,), (three,)):
            self.assertEqual(self.unchanged_by(
                lambda w=words: self.begin(*w, after="0-0")), (two, []))

    def test_nor_after_another_position(self):
        """The caller's is ahead, or of a log that was lost."""
        one, two = self.events(2)
        self.assertEqual(self.unchanged_by(
            lambda: self.begin(two, after=one)), ("0-0", []))
        self.begin(one)
        self.call("DEL", "position")
        self.assertEqual(self.unchanged_by(
            lambda: self.begin(two, after=one)), ("0-0", []))

    def test_nor_events_that_redis_has_lost(self):
        """As by a failover to a replica that was behind: what is in the log
        does not begin again."""
        self.subscribe(CD)
        one, two, three = self.events(3)
        self.begin(one)
        log = [(entry, fields) for entry, fields in
               self.call("XRANGE", "log", "-", "+")]
        self.call("DEL", "log")
        for entry, fields in log[:2]:
            self.call("XADD", "log", entry, *fields)
        for events in ((two, three), (three,)):
            self.assertEqual(self.unchanged_by(
                lambda e=events: self.begin(*e)), (one, []))
        self.sweep()
        self.assertEqual(self.position(), one)
        self.assertEqual(self.begin(two), (two, [(1, 1)]))

    def test_an_event_without_subscriptions_is_finished(self):
        event = self.event()
        self.assertEqual(self.begin(event), (event, [(0, 1)]))
        self.assertFalse(self.exists("refs") or self.exists("fanout"))

    def test_few_subscriptions_finish_it_and_many_leave_it_open(self):
        for count, said in ((99, (99, 1)), (100, (100, 0)), (101, (100, 0))):
            with self.subTest(count=count):
                self.setUp()
                cds = numbered(count)
                self.subscribe(*cds)
                event = self.event()
                self.assertEqual(self.begin(event), (event, [said]))
                is_open = said[1] == 0
                self.assertEqual(self.open_events(),
                                 {event: cds[99]} if is_open else {})
                lane = "bulk" if is_open else "outbox"
                self.assertEqual([target for _, fields in self.entries(lane)
                                  for target in targets(fields)],
                                 cds[:100])

    def test_some_finished_and_some_open_in_one_call(self):
        self.subscribe(*numbered(150), td="many")
        self.subscribe(CD, td="one")
        events = self.events(3)
        words = [word for event, td in zip(events, ("one", "many", "none"))
                 for word in (event, TOPIC, "", 1, td)]
        self.assertEqual(
            self.as_owner("begin", "0-0", 1000, *words),
            [events[2].encode(), 1, 1, 100, 0, 0, 1])
        self.assertEqual(list(self.open_events()), [events[1]])

    def test_it_gives_up_after_many_subscriptions(self):
        """The rest is sent again; each event begins once."""
        self.subscribe(*numbered(100))
        events = self.events(12)
        position, said = self.begin(*events)
        self.assertEqual((position, said),
                         (events[4], [(100, 0)] * (ENOUGH // 100)))
        self.assertEqual(self.begin(*events[5:])[0], events[9])
        self.assertEqual(self.begin(*events[10:])[0], events[11])
        self.assertEqual((self.count(), self.call("HLEN", "fanout")),
                         (12, 12))
        self.assertEqual(set(self.hash("refs").values()), {b"100"})

    def test_events_of_nobody_do_not_count_for_that(self):
        events = self.events(300)
        self.assertEqual(self.begin(*events), (events[-1], [(0, 1)] * 300))

    def test_levels_are_those_of_each_event(self):
        self.subscribe("a", td="own")
        self.subscribe("b", td="up")
        self.subscribe("c", td="all")
        one, two = self.events(2)
        self.as_owner("begin", "0-0", 1000, one, "x.y", "", 3, "own", "up",
                      "all", two, TOPIC, "", 1, "up")
        self.assertEqual(self.posted(one), ["a", "b:1", "c:*"])
        self.assertEqual(self.posted(two), ["b"])

    def test_the_topic_of_an_open_event_stays_with_it(self):
        self.subscribe(*numbered(100))
        topic = "http://publisher.example/a b?c=d"
        event = self.event(topic=topic)
        self.begin(event)
        self.assertEqual(self.resume(), (event, {event: topic}))
        self.post_page(event, 1)
        self.assertEqual(self.resume(), (event, {}))


class Page(PositionTest):
    def setUp(self):
        super().setUp()
        self.cds = numbered(700)
        self.subscribe(*self.cds)
        self.is_open = self.event()
        self.begin(self.is_open)

    def test_each_call_gives_the_next_one(self):
        self.assertEqual([self.post_page(self.is_open, 300)
                          for _ in range(3)], [(300, 0), (300, 0), (0, 1)])
        self.assertEqual(self.posted(self.is_open), self.cds)
        self.assertEqual(self.hash("refs"), {self.is_open.encode(): b"700"})

    def test_repeated_after_the_end_it_gives_none(self):
        while self.post_page(self.is_open)[1] == 0:
            pass
        self.assertEqual(self.unchanged_by(
            lambda: self.post_page(self.is_open)), (0, 1))

    def test_of_an_event_that_has_not_begun_it_gives_none(self):
        event = self.event()
        self.assertEqual(tuple(self.unchanged_by(lambda: self.as_owner(
            "page", event, 500, 100000, TD))), (0, 1))

    def test_a_full_bulk_changes_nothing(self):
        self.assertEqual(self.unchanged_by(
            lambda: self.post_page(self.is_open, backlog=100)), (0, 2))
        self.assertEqual(self.open_events(), {self.is_open: self.cds[99]})

    def test_a_full_bulk_keeps_no_event_from_beginning(self):
        later = self.event()
        self.assertEqual(self.post_page(later, backlog=1), (100, 0))

    def test_it_does_not_move_the_position(self):
        later = self.event()
        self.begin(later)
        self.post_page(self.is_open)
        self.assertEqual((self.position(), self.count()), (later, 2))


class Resume(PositionTest):
    def test_the_next_owner_goes_on_with_the_open_events(self):
        self.subscribe(*numbered(150))
        events = self.events(3)
        self.begin(*events)
        self.post_page(events[1])
        self.run_script("release", self.epoch)
        self.own_shard(("another", 1))
        self.assertEqual(self.resume(), (events[2], {
            events[0]: TOPIC, events[2]: TOPIC}))
        self.assertEqual(self.unchanged_by(self.resume)[0], events[2])
        for event in events[::2]:
            self.assertEqual(self.post_page(event), (50, 1))
        for event in events:
            self.assertEqual(self.posted(event), numbered(150))

    def test_what_was_being_fetched_is_due_at_once(self):
        self.announce(TOPIC, "http://other.example/")
        self.as_owner("take", 1, 9, 9)
        later = self.now_ms() + 60000
        self.call("ZADD", "fetch", later, f"p {TOPIC}")
        self.call("HSET", "fetch_failures", f"p {TOPIC}", 2)
        self.resume()
        self.assertFalse(self.exists("fetching"))
        due, *members = self.as_owner("take", 2, 9, 9)
        self.assertEqual(due, -1)
        self.assertCountEqual(members[::2], [f"p {TOPIC}".encode(),
                                             b"p http://other.example/"])
        self.assertCountEqual(members[1::2], [2, 0])


class InCursorMode(CursorTest):
    """What cursor mode has of the position."""

    def test_it_begins_at_the_position(self):
        event = self.publish()
        self.renew(ordered=True)
        self.assertEqual(self.cursor(), {
            "u": 0, "mode": "idle", "cursor": event, "n": 0,
            "parts": NO_PARTS})

    def test_or_behind_the_index_where_the_position_was_lost(self):
        self.renew(ordered=True)
        event = self.publish()
        self.call("DEL", "position")
        self.end_subscription()
        self.renew(ordered=True)
        self.assertEqual(self.cursor()["cursor"], event)

    def test_an_event_enters_the_index_with_its_first_page(self):
        self.renew(ordered=True)
        self.subscribe("#" * 22)
        events = [self.event() for _ in range(3)]
        self.begin(*events, first_page=1)
        self.assertEqual([(event, fields[b"n"]) for event, fields in
                          self.entries(f"events:{TD}")],
                         list(zip(events, (b"1", b"2", b"3"))))
        self.assertEqual(self.hash(f"topic:{TD}")[b"n"], b"3")
        self.finish(events[0])
        self.assertEqual(self.call("XLEN", f"events:{TD}"), 3)

    def test_not_while_nobody_is_in_cursor_mode(self):
        self.publish()
        self.assertFalse(self.exists(f"events:{TD}"))

    def test_of_each_level_of_which_somebody_is(self):
        self.renew(ordered=True)
        self.subscribe("x" * 22, td="own")
        event = self.event()
        self.begin(event, tds=("own", TD))
        self.assertEqual(self.call("XLEN", f"events:{TD}"), 1)
        self.assertFalse(self.exists("events:own"))

    def test_the_index_lasts_as_long_as_events_do(self):
        self.renew(ordered=True)
        self.begin(self.event(), retention_ms=60000)
        self.assertTrue(50000 < self.call("PTTL", f"events:{TD}") <= 60000)

    def test_where_the_index_has_a_later_one_everybody_gets_a_job(self):
        """The log was lost, and its ids began anew."""
        self.renew(ordered=True)
        now = self.now_ms()
        before = self.publish(f"{now}-9")
        self.assertEqual(self.catch_up()[0], [before])
        self.call("DEL", "log", "position")
        event = self.event(f"{now}-5")
        self.assertEqual(self.begin(event), (event, [(1, 1)]))
        self.assertEqual(self.hash(f"topic:{TD}")[b"n"], b"1")
        entry, _ = self.claim()
        self.miss(entry, event)
        self.assertEqual(self.catch_up(), ([event], ["idle"]))
        self.assertEqual(self.gaps(), [])

    def test_all_of_a_call_have_one_cursor_job(self):
        self.renew(ordered=True)
        events = [self.event() for _ in range(4)]
        self.assertEqual(self.begin(*events)[1], [(0, 1)] * 4)
        self.assertEqual(len(self.entries(LANE)), 1)
        self.assertEqual(self.catch_up(), (events, ["idle"]))


class Full(FullRedis, PositionTest):
    """Redis is at its memory limit: all of a call, or nothing."""

    def test_events_begin_whole_or_not_at_all(self):
        self.subscribe(*numbered(150))
        events = self.events(2)
        self.full()

        def refused():
            with self.assertRaisesRegex(RedisError, "OOM"):
                self.begin(*events)
        self.unchanged_by(refused)
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.assertEqual(self.begin(*events)[1], [(100, 0)] * 2)



class Gap(PositionTest):
    """Events that left the log before they had begun."""

    def gap(self):
        """What resume tells of one: (count, from, to), or None."""
        said = [word.decode() for word in self.as_owner("resume")]
        return (int(said[-3]), *said[-2:]) if len(said) % 2 == 0 else None

    def noted(self):
        return [(fields[b"td"], int(fields[b"n"]), fields[b"from"],
                 fields[b"to"]) for _, fields in self.entries("gaps")]

    def begun(self, count):
        events = self.events(count)
        self.begin(*events)
        return events[-1]

    def test_what_was_trimmed_beyond_the_position_is_told_once(self):
        last = self.begun(3)
        lost = self.events(4)
        first, _ = self.events(2)
        self.call("XTRIM", "log", "MINID", first)
        self.assertEqual(self.gap(), (4, last, first))
        self.assertEqual(self.noted(),
                         [(b"-", 4, last.encode(), first.encode())])
        self.assertIsNone(self.unchanged_by(self.gap))
        self.assertEqual(self.position(), last)
        self.assertTrue(lost)

    def test_all_that_had_not_begun(self):
        last = self.begun(1)
        self.events(2)
        self.call("XTRIM", "log", "MAXLEN", 0)
        self.assertEqual(self.gap(), (2, last, "-"))

    def test_what_had_begun_may_leave(self):
        self.begun(3)
        event, = self.events(1)
        self.call("XTRIM", "log", "MINID", event)
        self.assertIsNone(self.gap())
        self.call("XTRIM", "log", "MAXLEN", 0)
        self.assertEqual(self.gap()[0], 1)

    def test_with_events_that_go_on_it_is_found_too(self):
        last = self.begun(1)
        self.events(5)
        first, *rest = self.events(3)
        self.call("XTRIM", "log", "MINID", first)
        self.assertEqual(self.gap(), (5, last, first))
        self.begin(first, *rest)
        self.assertIsNone(self.gap())

    def test_another_log_is_no_gap(self):
        self.begun(3)
        self.call("DEL", "log")
        self.assertIsNone(self.gap())
        self.call("XADD", "log", "1-1", "v", 1)
        self.assertIsNone(self.gap())
        self.assertFalse(self.exists("gaps"))


class GapAtTheLimit(FullRedis, PositionTest):
    def test_the_owner_goes_on(self):
        self.begin(*self.events(2))
        self.events(3)
        self.call("XTRIM", "log", "MAXLEN", 1)
        self.full()
        self.assertEqual(self.as_owner("resume")[1], b"2")


if __name__ == "__main__":
    unittest.main()
