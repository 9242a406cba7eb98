"""The sweep script: what has lapsed ends, what is settled is dropped, and
nothing else."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import (CALLBACK, CD, GROUPS, PREFIX, TD, FullRedis,
                             ScriptTest)

SEQ_MAX = 2 ** 64 - 1
TWO_ENTRIES = [f"{n:022d}" for n in range(17)]  # a bundle and one more


class Sweep(ScriptTest):
    def settle(self, count=100):
        """So many entries."""
        self.settle_all(count=count)

    def fanned_out(self, count, cds=(CD,)):
        """Events of long ago with a job for each CD, settled or not."""
        self.subscribe(*cds)
        events = [self.event(f"{n + 1}-{n}") for n in range(count)]
        for event in events:
            self.post_page(event)
        return events

    def log(self):
        return [event for event, _ in self.entries("log")]

class Leases(Sweep):
    def lease(self, cd, expires_s, lease_s=60):
        self.subscription(cd, expires_s=expires_s, lease_s=lease_s)

    def renew(self, cd, expires_s, lease_s=60):
        """The record only: a renewal to later leaves the lists alone."""
        self.write_record(f"1 {expires_s} {lease_s} 2 - {CALLBACK} -", cd)

    def test_a_lapsed_lease_ends_the_subscription(self):
        now_s = self.now_ms() // 1000
        self.lease("lapsed", now_s)
        self.lease("lasts", now_s + 60)
        self.assertEqual(self.sweep()[0], 1)
        self.assertEqual(self.index(), ["lasts"])
        self.assertEqual(self.lease_due(), now_s + 60)
        self.assertIsNone(self.read_record("lapsed"))
        self.assertIsNotNone(self.read_record("lasts"))

    def test_the_limit_holds_and_says_that_there_is_more(self):
        for n in range(5):
            self.subscription(f"cd{n}", f"topic{n // 2}", expires_s=n + 1)
        for n in (2, 3, 4):  # leaves of two, two and one
            bound = f"topic{n // 2}:cd{n // 2 * 2}"
            self.unindex(f"cd{n}", td=f"topic{n // 2}")
            self.call("ZADD", "bounds", 0, bound)
            self.call("ZADD", f"subs:{bound}", 0, f"topic{n // 2}:cd{n}")
            self.call("ZADD", "lease", "LT", n + 1, bound)
        self.assertEqual(self.sweep(limit=3), [3, 0, 0, 1])
        self.assertEqual(self.sweep(limit=3), [2, 0, 0, 0])
        self.assertEqual([key for key in self.redis.keys()
                          if key.startswith(f"{PREFIX}sub".encode())], [])
        self.assertFalse(self.exists("lease"))

    def test_a_lease_far_away_stays(self):
        self.lease("far", 2 ** 52)
        self.assertEqual(self.sweep()[0], 0)

    def test_a_renewed_one_is_looked_at_when_it_ends_then(self):
        end = self.now_ms() // 1000 + 100
        self.lease("cd", 1)
        self.renew("cd", end)
        self.assertEqual(self.sweep()[0], 0)
        self.assertIsNotNone(self.read_record("cd"))
        self.assertEqual(self.lease_due(), end)

    def test_the_first_lease_of_a_leaf_counts(self):
        end = self.now_ms() // 1000 + 100
        for n in (3, 1, 2, 0):
            self.lease(f"cd{n}", end + n if n else 1)
        self.assertEqual(self.sweep()[0], 1)
        self.assertEqual(self.lease_due(), end + 1)

    def test_a_leaf_is_looked_at_a_second_later_at_the_earliest(self):
        def ended_within(now_s):
            self.lease("lapsed", now_s)
            for n in range(100):
                self.lease(f"{n}", now_s + 1)
            ended = self.sweep()[0]
            return ended if self.now_ms() // 1000 == now_s else None
        ended = None
        while ended is None:  # again when the second passed meanwhile
            self.empty()
            now_s = self.now_ms() // 1000
            ended = ended_within(now_s)
        self.assertEqual(ended, 1)
        self.assertIn(self.lease_due() - now_s, (1, 2))

    def test_of_a_leaf_no_more_end_than_may(self):
        now_s = self.now_ms() // 1000
        for n in range(100):
            self.lease(f"{n:03d}", 1 if n % 2 else now_s + 100)
        for ended, more in ((20, 1), (20, 1), (10, 0)):
            self.assertEqual(self.sweep(limit=20), [ended, 0, 0, more])
        self.assertEqual(len(self.index()), 50)
        self.assertEqual(self.lease_due(), now_s + 100)

    def test_what_lapses_at_once_is_ended_in_calls_of_bounded_length(self):
        """Whatever there is, no call holds Redis up for long."""
        for n in range(1000):
            self.call("HSET", f"sub:{TD}", f"{n:04d}",
                      f"1 1 60 1 - {CALLBACK} -")
            bound = f"{TD}:{n // 100 * 100:04d}" if n >= 100 else ""
            self.call("ZADD", f"subs:{bound}", 0, f"{TD}:{n:04d}")
            self.call("ZADD", "lease", 1, bound)
            if bound:
                self.call("ZADD", "bounds", 0, bound)
        ended = []
        while not ended or ended[-1][3]:
            ended.append(self.sweep(limit=32))
        self.assertEqual(sum(row[0] for row in ended), 1000)
        self.assertEqual(max(row[0] for row in ended), 32)
        self.assertFalse(self.exists("lease"))
        self.assertFalse(self.exists("bounds"))

    def test_only_looking_is_bounded_too(self):
        end = self.now_ms() // 1000 + 100
        for n in range(600):
            td = f"{n // 100}{TD[1:]}"
            self.call("HSET", f"sub:{td}", f"{n:04d}",
                      f"1 {end} 60 1 - {CALLBACK} -")
            bound = f"{td}:{n // 100 * 100:04d}" if n >= 100 else ""
            self.call("ZADD", f"subs:{bound}", 0, f"{td}:{n:04d}")
            self.call("ZADD", "lease", 1, bound)
        self.assertEqual(self.sweep(limit=32), [0, 0, 0, 1])
        due = sorted(int(row) for row in self.call(
            "ZRANGE", "lease", 0, -1, "WITHSCORES")[1::2])
        self.assertEqual(due, [1, 1, end, end, end, end])
        self.assertEqual(self.sweep(limit=32), [0, 0, 0, 0])

    def test_a_lease_that_ends_soon_wakes_the_owner(self):
        for lease_s, woken in ((60, False), (3, True)):
            td = f"{lease_s:022d}"
            generation = self.request_script(td=td, lease=lease_s)
            self.run_script("verified", td, CD, "s", generation, "confirmed",
                            0, 0, 0, "-")
            self.assertEqual(self.exists("wake"), woken, lease_s)

    def test_what_has_ended_before_leaves_nothing(self):
        self.lease("cd", 1)
        self.call("HDEL", f"sub:{TD}", "cd")
        self.assertEqual(self.sweep()[0], 0)
        self.assertFalse(self.exists("lease"))

    def test_a_record_of_a_newer_format_is_looked_at_again(self):
        self.lease("cd", 1)
        self.write_record("2 something else", "cd")
        before_s = self.now_ms() // 1000
        self.assertEqual(self.sweep(), [0, 0, 0, 0])
        after_s = self.now_ms() // 1000
        self.assertTrue(before_s + 60 <= self.lease_due() <= after_s + 60)
        self.assertIsNotNone(self.read_record("cd"))

    def test_all_that_is_kept_for_a_subscription_goes_with_it(self):
        self.lease("cd", 1)
        self.call("HSET", f"cursor:{TD}", "cd", "1 run 0-0 0 0 - -")
        self.call("ZADD", f"missed:{TD}:cd", 0, "x")
        self.call("ZADD", "suspended", 1, f"{TD}:cd")
        self.call("HSET", f"attempts:{TD}", "cd", "a log")
        self.assertEqual(self.sweep()[0], 1)
        for key in ("sub:{}", "subs:", "missed:{}:cd", "cursor:{}",
                    "attempts:{}", "suspended", "lease"):
            self.assertFalse(self.exists(key.format(TD)), key)


class Retention(Sweep):
    def test_what_is_too_old_and_fanned_out_goes(self):
        self.fanned_out(3)
        self.settle()
        young = self.event()
        self.post_page(young)
        self.settle()
        self.assertEqual(self.sweep()[1], 3)
        self.assertEqual(self.log(), [young])

    def test_what_has_not_begun_stays(self):
        self.fanned_out(2)
        self.settle()
        unread = [self.event("3-0"), self.event("3-1")]
        self.assertEqual(self.sweep()[1], 2)
        self.assertEqual(self.log(), unread)

    def test_what_is_open_stays_and_all_after_it(self):
        """However many have begun since then."""
        self.subscribe("a", "b", "c")
        before, is_open, after = (self.event(f"{n}-1") for n in (1, 2, 3))
        self.post_page(before)
        self.post_page(is_open, 2)
        self.post_page(after)
        for with_refs in (True, False):
            with self.subTest(with_refs=with_refs):
                if not with_refs:
                    self.call("DEL", "refs")
                self.sweep()
                self.assertEqual(self.log(), [is_open, after])
        self.assertEqual(self.open_events(), {is_open: "b"})
        self.post_page(is_open)
        self.sweep()
        self.assertEqual(self.log(), [])

    def test_what_jobs_refer_to_moves_to_kept(self):
        one, two = self.fanned_out(2, cds=TWO_ENTRIES)
        self.settle(count=3)
        self.assertEqual(self.sweep()[1], 2)
        self.assertEqual(self.log(), [])
        self.assertFalse(self.exists(f"kept:{one}"))
        self.assertEqual(self.hash(f"kept:{two}")[b"b"], b"body")
        self.settle()
        self.assertFalse(self.exists(f"kept:{two}"))
        self.assertFalse(self.exists("refs"))

    def test_kept_content_is_what_the_log_had(self):
        self.subscribe(CD)
        body = bytes(range(256)) * 4096
        event = self.event("1-1", body=body)
        self.post_page(event)
        self.sweep()
        self.assertEqual(self.hash(f"kept:{event}"), {
            b"v": b"1", b"t": b"http://publisher.example/topic",
            b"ct": b"text/plain", b"b": body})

    def test_the_limit_holds_and_says_that_there_is_more(self):
        self.fanned_out(5)
        self.assertEqual(self.sweep(limit=3)[1:], [3, 0, 1])
        self.assertEqual(self.sweep(limit=3)[1:], [2, 0, 0])
        self.assertEqual(self.call("HLEN", "refs"), 5)

    def test_few_are_read_at_once_when_jobs_refer_to_any(self):
        self.fanned_out(50)
        self.assertEqual([self.sweep()[1] for _ in range(3)], [20, 20, 10])
        self.assertEqual(self.sweep()[3], 0)
        self.assertEqual(len([key for key in self.redis.keys()
                              if b":kept:" in key]), 50)

    def test_two_callers_change_nothing_more(self):
        self.fanned_out(2)
        self.sweep()
        self.unchanged_by(self.sweep)

    def test_without_a_position_no_event_goes(self):
        self.fanned_out(2)
        self.call("DEL", "position")
        self.assertEqual(self.sweep()[1], 0)
        self.assertEqual(len(self.log()), 2)

    def test_the_trim_horizon_follows(self):
        """It is the id from which on events may be there."""
        one, two = self.fanned_out(2)
        self.sweep()
        self.assertEqual(self.call("GET", "horizon"), b"2-2")
        self.settle()
        self.post_page(self.event("5-5"))
        self.settle()
        self.sweep()
        self.assertEqual(self.call("GET", "horizon"), b"5-6")
        self.assertLess(one, two)

    def test_an_empty_shard(self):
        self.redis.call("FLUSHALL")
        self.own_shard()
        self.assertEqual(self.unchanged_by(self.sweep), [0, 0, 0, 0])

    def test_a_retention_longer_than_time_itself(self):
        self.fanned_out(1)
        self.assertEqual(self.sweep(retention_ms=2 ** 60)[1], 0)


class Position(Sweep):
    """The sweep looks whether the position is one of this log."""

    def told(self):
        """The position, and how many events have not begun."""
        position, lag = self.as_owner("sweep", 2 ** 60, 3600000, 100)[4:6]
        self.assertEqual(position, self.position().encode())
        return position.decode(), lag

    def test_what_has_not_begun_is_counted(self):
        self.assertEqual(self.told(), ("0-0", 0))
        events = [self.event() for _ in range(3)]
        self.assertEqual(self.told(), ("0-0", 3))
        self.post_page(events[0])
        self.assertEqual(self.told(), (events[0], 2))
        self.assertEqual(self.unchanged_by(self.told), (events[0], 2))
        self.begin(*events[1:])
        self.assertEqual(self.told(), (events[2], 0))

    def test_events_that_were_deleted_before_they_began_do_not_wait(self):
        events = [self.event() for _ in range(3)]
        self.post_page(events[0])
        self.call("XDEL", "log", *events[1:])
        self.assertEqual(self.told(), (events[0], 0))
        event = self.event()
        self.assertEqual(self.told(), (events[0], 1))
        self.post_page(event)
        self.assertEqual(self.told(), (event, 0))

    def test_it_says_when_the_next_lease_ends(self):
        def lease_ms():
            return self.as_owner("sweep", 2 ** 60, 3600000, 100)[6]
        self.assertEqual(lease_ms(), -1)
        self.subscription(expires_s=self.now_ms() // 1000 + 100)
        self.assertTrue(98000 <= lease_ms() <= 100000)

    def test_what_has_left_the_log_counts_as_begun(self):
        self.fanned_out(3)
        self.settle()
        self.sweep()
        self.assertEqual(self.log(), [])
        self.assertEqual(self.told(), ("3-2", 0))
        self.event()
        self.assertEqual(self.told(), ("3-2", 1))

    def test_the_count_is_put_right_at_the_end_of_the_log(self):
        """Entries were deleted, or the position was lost and found."""
        events = [self.event() for _ in range(3)]
        self.call("XDEL", "log", events[0])
        self.begin(*events[1:])
        self.assertEqual(self.told(), (events[2], 0))
        self.assertEqual(self.hash("position")[b"n"], b"3")
        self.event()
        self.assertEqual(self.told(), (events[2], 1))

    def test_a_log_that_was_deleted_is_read_from_its_beginning(self):
        self.post_page(self.event())
        self.call("DEL", "log")
        self.assertEqual(self.told(), ("0-0", 0))
        self.assertEqual(self.unchanged_by(self.told), ("0-0", 0))
        event = self.event("1-1")
        self.subscribe(CD)
        self.assertEqual(self.told(), ("0-0", 1))
        self.assertEqual(self.post_page(event), (1, 1))

    def test_so_is_one_whose_ids_began_anew(self):
        for before, again in (("9-9", "9-8"), ("10-0", "9-9"),
                              (f"7-{SEQ_MAX}", f"7-{SEQ_MAX - 1}")):
            with self.subTest(before=before):
                self.setUp()
                self.post_page(self.event(before))
                self.call("DEL", "log")
                self.event(again)
                self.assertEqual(self.told(), ("0-0", 1))
                self.assertEqual(self.begin(again), (again, [(0, 1)]))

    def test_a_log_that_is_empty_stays_where_it_is(self):
        self.post_page(self.event("9-9"))
        self.call("XTRIM", "log", "MAXLEN", 0)
        self.assertEqual(self.unchanged_by(self.told), ("9-9", 0))

    def test_ids_that_no_double_holds(self):
        """Sequence numbers up to 2^64-1, neighbours told apart."""
        for first in (1, 9, 99, 2 ** 53, 2 ** 63, SEQ_MAX - 1):
            with self.subTest(first=first):
                self.setUp()
                one, two = (self.event(f"7-{first + n}") for n in (0, 1))
                self.post_page(one)
                self.assertEqual(self.sweep()[1], 1)
                self.assertEqual(self.log(), [two])
                self.post_page(two)
                self.assertEqual(self.sweep()[1], 1)
                self.assertEqual(self.log(), [])
                self.assertEqual(self.told(), (two, 0))

    def test_the_order_of_ids_is_that_of_numbers(self):
        self.subscribe("a", "b")
        ids = ["9-9", "9-10", "10-0", "99-1", "100-1"]
        for event in ids:
            self.event(event)
        for event in ids:
            self.assertEqual(self.post_page(event, 1), (1, 0))
        self.post_page(ids[0])
        self.post_page(ids[3])
        self.sweep()
        self.assertEqual(self.log(), ids[1:])


class DeadLetters(Sweep):
    def letter(self, letter_id, event):
        self.call("XADD", "dead", letter_id, "v", 1, "e", event, "c", CD)
        self.call("HINCRBY", "refs", event, 1)
        self.call("HSET", f"kept:{event}", "b", "body")

    def test_an_old_one_releases_its_content(self):
        self.letter("1-0", "5-5")
        self.letter(f"{self.now_ms()}-0", "6-6")
        self.assertEqual(self.sweep()[2], 1)
        self.assertFalse(self.exists("kept:5-5"))
        self.assertTrue(self.exists("kept:6-6"))
        self.assertEqual(self.hash("refs"), {b"6-6": b"1"})
        self.assertEqual(self.call("XLEN", "dead"), 1)

    def test_content_stays_for_the_younger_one(self):
        self.letter("1-0", "5-5")
        self.letter(f"{self.now_ms()}-0", "5-5")
        self.sweep()
        self.assertTrue(self.exists("kept:5-5"))

    def test_the_limit_holds_and_says_that_there_is_more(self):
        for n in range(5):
            self.letter(f"{n + 1}-0", f"{n}-0")
        self.assertEqual(self.sweep(limit=3)[2:], [3, 1])
        self.assertEqual(self.sweep(limit=3)[2:], [2, 0])
        self.assertFalse(self.exists("refs"))


class Trimming(Sweep):
    QUEUES = tuple(GROUPS)

    def fill(self, stream, count):
        return [self.call("XADD", stream, "*", "a", n).decode()
                for n in range(count)]

    def ids(self, stream):
        return [entry for entry, _ in self.entries(stream)]

    def test_settled_entries_go_others_stay(self):
        for stream in self.QUEUES:
            with self.subTest(stream=stream):
                ids = self.fill(stream, 6)
                self.read(stream, count=4)
                self.sweep()
                self.assertEqual(self.ids(stream), ids)
                self.call("XACK", stream, GROUPS[stream], ids[0], ids[2])
                self.sweep()
                self.assertEqual(self.ids(stream), ids[1:])
                self.call("XACK", stream, GROUPS[stream], ids[1], ids[3])
                self.sweep()
                self.assertEqual(self.ids(stream), ids[4:])
                self.read(stream)
                self.call("XACK", stream, GROUPS[stream], *ids[4:])
                self.sweep()
                self.assertEqual(self.ids(stream), [])

    def test_what_others_hold_stays(self):
        ids = self.fill("outbox", 4)
        self.read("outbox", count=2, consumer="one")
        self.read("outbox", count=2, consumer="two")
        self.call("XACK", "outbox", "deliver", ids[0], ids[3])
        self.sweep()
        self.assertEqual(self.ids("outbox"), ids[1:])

    def test_without_the_group_nothing_goes(self):
        for stream in self.QUEUES:
            self.fill(stream, 2)
            self.call("XGROUP DESTROY", stream, GROUPS[stream])
        self.sweep()
        for stream in self.QUEUES:
            self.assertEqual(self.call("XLEN", stream), 2)

    def test_the_last_id_there_can_be(self):
        for stream in self.QUEUES:
            self.call("XADD", stream, f"{2 ** 53}-{SEQ_MAX}", "a", "b")
            self.read(stream)
            self.call("XACK", stream, GROUPS[stream],
                      f"{2 ** 53}-{SEQ_MAX}")
        self.sweep()
        for stream in self.QUEUES:
            self.assertEqual(self.ids(stream), [])


class Full(FullRedis, Sweep):
    """Redis is at its memory limit: what makes room still works."""

    def test_the_sweep_drops_events(self):
        for with_refs in (False, True):
            with self.subTest(with_refs=with_refs):
                self.setUp()
                self.fanned_out(3, cds=TWO_ENTRIES)
                self.settle(count=5 if with_refs else 6)
                self.full()
                self.assertEqual(self.sweep()[1], 3)
                self.assertEqual(self.log(), [])

    def test_retries_come_back_and_are_settled(self):
        event, = self.fanned_out(1)
        (entry, _), = self.read("outbox")
        self.full()
        self.run_script("settle", "job", "outbox", entry,
                        "retry", event, CD, 1, 0, 0, TD)
        self.assertEqual(self.promote()[0], 1)
        self.settle()
        self.assertFalse(self.exists("refs"))

    def test_verifications_are_decided(self):
        self.request_script()
        (entry, _), = self.read("verify")
        self.full()
        self.assertEqual(self.run_script(
            "verified", TD, CD, "s", 1, "confirmed", 0, 0, 0, entry),
            b"applied")

    def test_a_request_is_refused_whole(self):
        self.full()
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.request_script()
        self.assertFalse(self.exists("gen"))

    def test_a_page_is_refused_whole(self):
        self.subscribe("a", "b", "c")
        event = self.event()
        self.full()
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.post_page(event, 2)
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.post_page(event, 2)
        self.post_page(event, 2)
        self.assertEqual(self.posted(event), ["a", "b", "c"])


if __name__ == "__main__":
    unittest.main()
