"""What a topic's shard knows of those who pull: pull_want, pull_page, pull_tail,
and what the sweep notes of events that leave."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.redis import RedisError
from support.scripts import CD, TD, TOPIC, FullRedis, ScriptTest, id_key

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
MONTH_MS = 30 * DAY_MS
MIB = 1 << 20
TOPICS_MAX = 10000
LOOKED_MAX = 512
DEPARTED_MAX = 2000
OTHER = "http://publisher.example/other"


class PullTest(ScriptTest):
    def want(self, *topics, lasts_ms=HOUR_MS):
        return self.run_script("pull_want", lasts_ms, *(
            word for topic in topics for word in (topic, digest(topic))))

    def pulled(self):
        """Until when each is, in ms from now."""
        now = self.now_ms()
        flat = self.call("ZRANGE", "pulled", 0, -1, "WITHSCORES")
        return {topic.decode(): int(ends) - now
                for topic, ends in zip(flat[::2], flat[1::2])}

    def end_interest(self, *topics):
        for topic in topics:
            self.call("ZADD", "pulled", 1, topic)

    def page(self, after="0-0", topics="", max_events=100, max_bytes=MIB):
        """Where it came to, whether there is more, how many were missed, and
        the events' ids and bodies."""
        reached, more, missed, *flat = self.run_script(
            "pull_page", after, max_events, max_bytes, topics)
        events = [tuple(word.decode() if isinstance(word, bytes) else word
                        for word in flat[at:at + 5])
                  for at in range(0, len(flat), 5)]
        return reached.decode(), more == 1, missed, events

    def walk(self, after="0-0", **options):
        """All pages: where they came to, what was missed, and the ids; and
        how many pages there were."""
        missed, ids, pages, more = 0, [], 0, True
        while more:
            after, more, gone, events = self.page(after, **options)
            missed, pages = missed + gone, pages + 1
            ids += [event[0] for event in events]
        return after, missed, ids, pages

    def tail(self):
        last, first, subscriptions = self.run_script("pull_tail")
        return last.decode(), first.decode(), subscriptions

    def departed(self):
        return [(event, fields[b"t"].decode())
                for event, fields in self.entries("departed")]

    def log(self):
        return [event for event, _ in self.entries("log")]

    def old_events(self, *topics, first=1):
        """Events of long ago that have begun."""
        events = [self.event(f"{first + n}-{n}", topic)
                  for n, topic in enumerate(topics)]
        self.call("HSET", "position", "id", events[-1], "n", len(events))
        return events


class Want(PullTest):
    def test_a_topic_is_wanted_until_the_latest_time_that_was_named(self):
        self.assertEqual(self.want(TOPIC, "", "*", "a.b"), 0)
        self.want(TOPIC, lasts_ms=2 * HOUR_MS)
        self.want("a.b", lasts_ms=1000)
        found = self.pulled()
        self.assertEqual(sorted(found), ["", "*", "a.b", TOPIC])
        self.assertAlmostEqual(found[TOPIC], 2 * HOUR_MS, delta=5000)
        self.assertAlmostEqual(found["a.b"], HOUR_MS, delta=5000)

    def test_no_time_is_longer_than_a_month(self):
        self.want(TOPIC, lasts_ms=2 ** 53)
        self.assertAlmostEqual(self.pulled()[TOPIC], MONTH_MS, delta=5000)

    def test_when_it_is_full_those_that_are_in_stay_and_can_be_extended(self):
        now = self.now_ms()
        for start in range(0, TOPICS_MAX, 1000):
            self.call("ZADD", "pulled", *(
                word for n in range(start, start + 1000)
                for word in (now + HOUR_MS, f"topic{n}")))
        self.assertEqual(self.want("new", "topic1", "newer",
                                   lasts_ms=2 * HOUR_MS), 2)
        self.assertEqual(self.call("ZCARD", "pulled"), TOPICS_MAX)
        self.assertGreater(self.pulled()["topic1"], HOUR_MS)
        self.end_interest("topic2", "topic3")
        self.assertEqual(self.want("new", "newer", "newest"), 1)
        self.assertEqual(self.call("ZCARD", "pulled"), TOPICS_MAX)
        self.assertNotIn("topic2", self.pulled())

    def test_what_is_known_of_a_topic_lasts_a_day_longer(self):
        self.call("HSET", f"topic:{TD}", "t", TOPIC, "have", "d")
        self.call("EXPIRE", f"topic:{TD}", 60)
        self.want(TOPIC)
        self.assertAlmostEqual(self.call("TTL", f"topic:{TD}"), 25 * 3600,
                               delta=5)
        self.want(TOPIC, lasts_ms=1000)
        self.assertGreater(self.call("TTL", f"topic:{TD}"), 24 * 3600 + 60)

    def test_a_topic_with_subscriptions_is_left_as_it_is(self):
        self.with_subscriber(TOPIC)
        self.call("HSET", f"topic:{TD}", "t", TOPIC, "have", "d")
        self.want(TOPIC)
        self.assertEqual(self.call("TTL", f"topic:{TD}"), -1)
        self.assertEqual(self.call("HGET", f"topic:{TD}", "have"), b"d")

    def test_who_is_the_first_to_want_a_topic_has_none_of_its_content(self):
        self.call("HSET", f"topic:{TD}", "t", TOPIC, "have", "d")
        self.want(TOPIC)
        self.assertFalse(self.call("HEXISTS", f"topic:{TD}", "have"))
        self.call("HSET", f"topic:{TD}", "have", "d")
        self.want(TOPIC)
        self.assertTrue(self.call("HEXISTS", f"topic:{TD}", "have"))
        self.end_interest(TOPIC)
        self.want(TOPIC)
        self.assertFalse(self.call("HEXISTS", f"topic:{TD}", "have"))

    def test_what_is_over_goes_with_the_sweep(self):
        self.want(TOPIC, OTHER)
        self.end_interest(OTHER)
        self.sweep()
        self.assertEqual(list(self.pulled()), [TOPIC])
        self.end_interest(TOPIC)
        self.sweep()
        self.assertFalse(self.exists("pulled"))

    def test_a_time_that_a_wrong_clock_gave_is_brought_back(self):
        now = self.now_ms()
        self.call("ZADD", "pulled", now + 2 * MONTH_MS, TOPIC,
                  now + HOUR_MS, OTHER)
        self.assertEqual(self.run_script("pull_in", 60000, 100, MONTH_MS)[1], 1)
        found = self.pulled()
        self.assertAlmostEqual(found[TOPIC], MONTH_MS, delta=5000)
        self.assertAlmostEqual(found[OTHER], HOUR_MS, delta=5000)
        self.assertEqual(self.run_script("pull_in", 60000, 100, MONTH_MS)[1], 0)
        self.assertFalse(self.exists("wake"))


class Page(PullTest):
    def test_an_event_is_given_with_its_fields(self):
        self.call("XADD", "log", "5-1", "v", 1, "t", TOPIC, "ct", "a/b",
                  "ce", "gzip", "b", "x", "self", TOPIC, "fd", "d")
        self.event("6-0", "a.b", "")
        reached, more, missed, events = self.page()
        self.assertEqual((reached, more, missed), ("6-0", False, 0))
        self.assertEqual(events, [("5-1", TOPIC, "a/b", "gzip", "x"),
                                  ("6-0", "a.b", "text/plain", None, "")])
        self.assertEqual(self.unchanged_by(self.page)[3], events)

    def test_topics_match_exactly_or_by_their_levels(self):
        topics = [TOPIC, OTHER, "a", "a.b", "a.b.c", "ab", "a.bc", TOPIC + ".x",
                  "http://publisher.example/topic/a.b"]
        for n, topic in enumerate(topics):
            self.event(f"{n + 1}-0", topic)
        dotted = ["a", "a.b", "a.b.c", "ab", "a.bc"]
        for wanted, found in (
                ("", topics), (TOPIC, [TOPIC]), ("*", dotted),
                ("a", ["a", "a.b", "a.b.c", "a.bc"]),
                ("a.b", ["a.b", "a.b.c"]), ("a.b.c ab", ["a.b.c", "ab"]),
                (f"{OTHER} *", [OTHER, *dotted]), ("b", []), ("A", []),
                ("a.", []), ("a%", []), ("http://publisher", [])):
            with self.subTest(wanted=wanted):
                reached, more, _, events = self.page(topics=wanted)
                self.assertEqual([event[1] for event in events], found)
                self.assertEqual((reached, more), ("9-0", False))

    def test_entries_that_are_no_events_are_passed(self):
        fine = {"v": 1, "t": TOPIC, "ct": "a/b", "b": "x"}
        odd = [{**fine, "v": 2}, {**fine, "t": ""},
               {**fine, "t": "." * 100000}, {"x": 1}]
        odd += [{key: fine[key] for key in fine if key != name}
                for name in fine]
        for n, fields in enumerate(odd):
            self.call("XADD", "log", f"{n + 1}-0",
                      *(word for pair in fields.items() for word in pair))
        self.assertEqual(self.page(), (f"{len(odd)}-0", False, 0, []))

    def test_pages_join_to_the_log_whatever_their_limits(self):
        chosen = random.Random(3)
        for n in range(300):
            self.event(f"{n // 3 + 1}-{n}", chosen.choice((TOPIC, OTHER, "a.b")),
                       b"x" * chosen.randrange(2000))
        for topics in ("", TOPIC, f"{OTHER} a"):
            every = self.page(topics=topics, max_events=1000)[3]
            self.assertGreater(len(every), 50)
            for most, most_bytes in ((1, MIB), (7, MIB), (100, 1), (100, 5000),
                                     (16, MIB), (17, 3000)):
                with self.subTest(topics=topics, most=most, bytes=most_bytes):
                    after, missed, ids, pages = self.walk(
                        topics=topics, max_events=most, max_bytes=most_bytes)
                    self.assertEqual(ids, [event[0] for event in every])
                    self.assertEqual((after, missed), ("100-299", 0))
                    self.assertGreater(pages, 2)

    def test_no_page_has_more_than_it_may_but_for_one_event(self):
        for n, size in enumerate((10, 10, 30, 5, 5)):
            self.event(f"{n + 1}-0", TOPIC, b"x" * size)
        reached, more, _, events = self.page(max_bytes=25)
        self.assertEqual((reached, more, len(events)), ("2-0", True, 2))
        reached, more, _, events = self.page(reached, max_bytes=25)
        self.assertEqual((reached, more, len(events)), ("3-0", True, 1))
        self.assertEqual(len(self.page(max_events=3)[3]), 3)

    def test_a_page_looks_at_a_bounded_part_of_the_log(self):
        for n in range(LOOKED_MAX + 10):
            self.event(f"{n + 1}-0", OTHER)
        self.event("9999-0", TOPIC)
        reached, more, _, events = self.page(topics=TOPIC)
        self.assertEqual((more, events), (True, []))
        self.assertTrue(LOOKED_MAX <= id_key(reached)[0] < LOOKED_MAX + 10)
        after, _, ids, pages = self.walk(topics=TOPIC)
        self.assertEqual((after, ids, pages), ("9999-0", ["9999-0"], 2))

    def test_large_bodies_are_looked_at_one_after_the_other(self):
        for n in range(20):
            self.event(f"{n + 1}-0", OTHER if n % 2 else TOPIC, b"x" * MIB)
        reached, more, _, events = self.page(topics=OTHER, max_bytes=10 * MIB)
        self.assertEqual((reached, more, events), ("1-0", True, []))
        after, _, ids, pages = self.walk(topics=OTHER, max_bytes=10 * MIB)
        self.assertEqual(ids, [f"{n}-0" for n in range(2, 21, 2)])
        self.assertEqual((after, pages), ("20-0", 21))

    def test_the_end_of_a_log_without_entries_is_its_last_id(self):
        self.assertEqual(self.page("3-1"), ("3-1", False, 0, []))
        self.event("5-0")
        self.call("XDEL", "log", "5-0")
        self.assertEqual(self.page("3-1"), ("5-0", False, 0, []))
        self.assertEqual(self.page("7-1"), ("7-1", False, 0, []))

    def test_a_cursor_that_is_ahead_of_the_log_stays(self):
        self.event("5-0")
        self.assertEqual(self.page("7-1"), ("7-1", False, 0, []))


class Tail(PullTest):
    def test_a_log_that_never_was(self):
        self.assertEqual(self.unchanged_by(self.tail), ("0-0", "0-0", 0))

    def test_the_last_event_and_the_pull_subscriptions(self):
        self.event("5-3")
        self.call("ZADD", "pulls", 0, "x", 0, "y")
        self.assertEqual(self.unchanged_by(self.tail), ("5-3", "0-0", 2))
        self.assertEqual(self.call("XINFO GROUPS", "log"), [])

    def test_who_begins_at_the_first_one_gets_all_and_missed_none(self):
        self.want("")
        self.old_events(TOPIC, TOPIC)
        self.sweep()
        self.assertEqual(self.log(), [])
        last, first, _ = self.tail()
        self.assertEqual((last, first), ("2-1", "2-2"))
        self.assertEqual(self.page(last), ("2-1", False, 0, []))
        self.event()
        last, first, _ = self.tail()
        self.assertEqual(last, self.log()[-1])
        self.assertEqual(first, self.call("GET", "horizon").decode())

    def test_a_log_that_began_anew_begins_at_its_first_id(self):
        self.call("SET", "horizon", "100-0")
        self.assertEqual(self.tail()[:2], ("0-0", "0-1"))
        self.event("5-0")
        self.assertEqual(self.tail()[:2], ("5-0", "0-0"))

    def test_a_group_of_that_name_stands_in_nobodys_way(self):
        self.event("5-0")
        self.call("XGROUP CREATE", "log", "tail", "0")
        self.assertEqual(self.unchanged_by(self.tail)[0], "5-0")

    def test_a_log_that_is_damaged_is_moved_away(self):
        self.call("SET", "log", "x")
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.tail()
        last, *_ = self.run_mending("pull_tail")
        self.assertEqual(last, b"0-0")


class Departed(PullTest):
    def test_who_pulls_is_told_how_many_have_left(self):
        topics = [TOPIC, OTHER, "a", "a.b", "a.b.c", "b", TOPIC]
        for wanted, noted in (
                ([TOPIC], [TOPIC, TOPIC]), (["a.b"], ["a.b", "a.b.c"]),
                (["*"], ["a", "a.b", "a.b.c", "b"]), ([""], topics),
                ([OTHER, "b"], [OTHER, "b"]), (["nobody"], [])):
            with self.subTest(wanted=wanted):
                self.empty()
                self.want(*wanted)
                events = self.old_events(*topics)
                self.assertEqual(self.sweep()[1], len(topics))
                self.assertEqual([t for _, t in self.departed()], noted)
                by_id = dict(zip(events, topics))
                self.assertEqual([by_id[e] for e, _ in self.departed()], noted)
                self.sweep()
                self.assertEqual(self.page(topics=" ".join(wanted)),
                                 (events[-1], False, len(noted), []))

    def test_each_counts_once_from_any_cursor(self):
        chosen = random.Random(5)
        self.want("")
        topics = [chosen.choice((TOPIC, OTHER, "a.b", "a.c.d", "c"))
                  for _ in range(90)]
        events = self.old_events(*topics)
        self.event(topic=TOPIC)
        self.call("HSET", "position", "id", events[39], "n", 40)
        while self.sweep()[3]:
            pass
        self.assertEqual(self.log(), events[40:] + self.log()[-1:])
        for wanted, match in (("", lambda t: True), ("a", lambda t: t[0] == "a"),
                              (f"{TOPIC} c", lambda t: t in (TOPIC, "c"))):
            for at in (0, 1, 17, 38, 39, 40, 55):
                after = events[at - 1] if at else "0-0"
                _, missed, ids, _ = self.walk(after, topics=wanted,
                                              max_events=7)
                found = [n for n, t in enumerate(topics)
                         if n >= at and match(t)]
                with self.subTest(wanted=wanted, at=at):
                    self.assertEqual(missed, len([n for n in found if n < 40]))
                    self.assertEqual(ids[:len(found) - missed],
                                     [events[n] for n in found if n >= 40])

    def test_many_are_counted_over_several_calls(self):
        count = 2 * DEPARTED_MAX + 5
        for start in range(0, count, 1000):
            self.redis.call_many(
                [["XADD", "websub:{0}:departed", f"{n + 1}-0", "t",
                  OTHER if n % 4 else TOPIC]
                 for n in range(start, min(start + 1000, count))])
        self.call("SET", "horizon", f"{count + 1}-0")
        event = self.event(topic=TOPIC)
        reached, more, missed, events = self.page(topics=TOPIC)
        self.assertEqual((reached, more, missed, events),
                         (f"{DEPARTED_MAX}-0", True, DEPARTED_MAX // 4, []))
        self.assertEqual(self.walk(topics=TOPIC),
                         (event, count // 4 + 1, [event], 3))

    def test_only_what_left_counts(self):
        """Not what is noted behind the horizon, nor once it is passed."""
        self.call("XADD", "departed", "5-0", "t", TOPIC)
        self.assertEqual(self.page()[2], 0)
        self.call("SET", "horizon", "5-0")
        self.assertEqual(self.page()[2], 0)
        self.call("SET", "horizon", "5-1")
        self.assertEqual(self.page()[2], 1)
        self.assertEqual(self.page("5-0")[2], 0)

    def test_while_nobody_pulls_the_log_is_trimmed_unread(self):
        self.old_events(*[TOPIC] * 200)
        self.want(TOPIC)
        self.end_interest(TOPIC)
        self.redis.call("CONFIG", "RESETSTAT")
        self.assertEqual(self.sweep()[1], 200)
        self.assertFalse(self.exists("departed"))
        stats = self.redis.call("INFO", "commandstats").decode()
        self.assertIn("cmdstat_xrange:calls=1,", stats)  # dead letters

    def test_what_jobs_refer_to_is_kept_as_well(self):
        self.subscribe(CD)
        self.want(TOPIC)
        event = self.event("1-0")
        self.post_page(event)
        self.sweep()
        self.assertEqual(self.departed(), [(event, TOPIC)])
        self.assertTrue(self.exists(f"kept:{event}"))

    def test_a_log_that_began_anew_is_swept_all_the_same(self):
        self.call("XADD", "departed", "100-0", "t", TOPIC,
                  "at", self.now_ms() // 1000)
        self.want(TOPIC)
        events = self.old_events(TOPIC, TOPIC)
        self.assertEqual(self.sweep()[1], len(events))
        self.assertEqual((self.log(), self.departed()),
                         ([], [("100-0", TOPIC)]))

    def test_what_left_more_than_a_day_ago_is_forgotten(self):
        now_s = self.now_ms() // 1000
        for n in range(250):
            age_s = 24 * 3600 + (1 if n < 220 else -60)
            self.call("XADD", "departed", f"{n + 1}-0", "t", TOPIC,
                      "at", now_s - age_s)
        self.assertEqual([self.sweep()[3] for _ in range(4)], [1, 1, 0, 0])
        self.assertEqual([event for event, _ in self.departed()],
                         [f"{n}-0" for n in range(221, 251)])

    def test_what_left_under_a_clock_that_was_ahead_is_forgotten(self):
        self.call("XADD", "departed", "1-0", "t", TOPIC,
                  "at", self.now_ms() // 1000 + 3600)
        self.sweep()
        self.assertFalse(self.exists("departed"))

    def test_a_part_is_swept_at_a_time(self):
        self.want(TOPIC)
        events = self.old_events(*[TOPIC] * 50)
        self.assertEqual(self.sweep()[1::2], [20, 1])
        self.assertEqual(self.log(), events[20:])
        self.assertEqual(self.call("GET", "horizon").decode(), "20-20")
        self.assertEqual(self.page(topics=TOPIC)[2], 20)

    def test_entries_that_are_no_events_leave_uncounted(self):
        self.want("", "*")
        self.old_events("." * 100000, TOPIC)
        self.call("XADD", "log", "5-0", "x", 1)
        self.call("HSET", "position", "id", "5-0", "n", 3)
        self.assertEqual(self.sweep()[1], 3)
        self.assertEqual([topic for _, topic in self.departed()], [TOPIC])

    def test_a_stale_owner_notes_nothing(self):
        self.want(TOPIC)
        self.old_events(TOPIC)
        def refused():
            with self.assertRaisesRegex(RedisError, "^FENCED "):
                self.run_script("sweep", int(self.epoch) + 1, 1, 1, 9)
        self.unchanged_by(refused)


class Damage(PullTest):
    def damage(self, key):
        self.call("DEL", key)
        self.call("SET", key, "x")

    def check(self, key, name, *args):
        """The script is refused, and goes on behind mending.lua."""
        self.damage(key)
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.run_script(name, *args)
        self.run_mending(name, *args)
        self.assertEqual(self.entries("damaged")[-1][1][b"key"], key.encode())

    def test_a_key_of_another_type_costs_what_it_held(self):
        for key in ("pulled", "departed"):
            with self.subTest(key=key):
                self.want(TOPIC)
                self.old_events(TOPIC)
                self.check(key, "sweep", self.epoch, 1, 1, 100)
                self.assertEqual(self.log(), [])
                self.empty()
        self.check("pulled", "pull_want", 1000, TOPIC, TD)
        self.check("pulled", "announce", 0, TOPIC, TD)
        self.check("pulled", "fetch_state", self.epoch, 0, TD, TOPIC)
        self.call("SET", "horizon", "5-0")
        self.check("departed", "pull_page", "0-0", 9, 9, "")

    def test_a_note_that_can_t_be_read_keeps_none_behind_it(self):
        self.want(TOPIC)
        for key, value in (("x", "y"), ("at", "x"), ("at", "")):
            self.call("XADD", "departed", "*", key, value)
        self.sweep()
        self.assertFalse(self.exists("departed"))
        self.old_events(TOPIC)
        self.sweep()
        self.assertEqual(self.departed(), [("1-0", TOPIC)])


class Full(FullRedis, PullTest):
    def test_the_sweep_goes_on_and_counts(self):
        self.want(TOPIC)
        events = self.old_events(*[TOPIC] * 30)
        self.full()
        while self.sweep()[3]:
            pass
        self.assertEqual(self.log(), [])
        self.assertEqual([event for event, _ in self.departed()], events)

    def test_the_same_without_groups(self):
        self.redis.call("FLUSHALL")
        self.own_shard()
        self.want("")
        events = self.old_events(TOPIC)
        self.full()
        self.sweep()
        self.assertEqual([event for event, _ in self.departed()], events)

    def test_pages_and_tails_are_read(self):
        event = self.event()
        self.full()
        self.assertEqual(self.page()[0], event)
        self.assertEqual(self.tail()[0], event)

    def test_interest_is_refused(self):
        self.full()
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.want(TOPIC)


if __name__ == "__main__":
    unittest.main()
