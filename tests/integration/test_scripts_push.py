"""Smaller scripts of the delivery engine: push, crashes, attempts and
renew."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.attempt_log import Attempt, AttemptLog, Error
from support.redis import RedisError
from support.scripts import CD, TD, ScriptTest

OTHER_TD = "B" * 22
FIELDS = ("v", 1, "t", "topic", "ct", "text/plain", "b", "body")


class Push(ScriptTest):
    def push(self, key="K", window_s=60, fields=FIELDS):
        return self.run_script("push", key, window_s, *fields)[0].decode()

    def test_the_same_key_is_one_event(self):
        event = self.push()
        self.assertEqual(self.entries("log"), [(event, {
            b"v": b"1", b"t": b"topic", b"ct": b"text/plain",
            b"b": b"body"})])
        self.assertEqual(self.unchanged_by(self.push), event)
        self.assertNotEqual(self.push("other"), event)
        self.assertEqual(self.call("XLEN", "log"), 2)

    def test_the_key_is_remembered_for_its_time(self):
        event = self.push(window_s=60)
        self.assertTrue(55 < self.call("TTL", "idem:K") <= 60)
        self.call("XTRIM", "log", "MAXLEN", 0)
        self.assertEqual(self.push(), event)
        self.call("PEXPIRE", "idem:K", 0)
        self.assertNotEqual(self.push(), event)

    def test_any_body(self):
        body = bytes(range(256)) * 4096
        self.push(fields=("b", body))
        self.assertEqual(self.entries("log")[0][1][b"b"], body)

    def test_at_the_memory_limit_it_is_refused_whole(self):
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        try:
            with self.assertRaisesRegex(RedisError, "OOM"):
                self.push()
        finally:
            self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.assertFalse(self.exists("idem:K"))
        self.assertEqual(self.entries("log"), [])


class Crashes(ScriptTest):
    def held(self, count, lane="outbox"):
        for _ in range(count):
            self.call("XADD", lane, "*", "e", "1-1", "c", CD)
        return [entry for entry, _ in self.read(lane)]

    def count(self, how, token, *entries, lane="outbox"):
        words = [word for entry in entries for word in (lane, entry)]
        return self.run_script("crashes", how, token, *words)

    def test_two_takeovers_count_and_others_tell_the_count(self):
        a, b = self.held(2)
        self.assertEqual(self.count("taken", "t1", a, b), [1, 1])
        self.assertEqual(self.count("taken", "t2", a), [2])
        self.assertEqual(self.count("taken", "t3", a), [2])
        self.assertEqual(self.count("alone", "t4", a), [3])
        self.assertEqual(self.count("alone", "t5", a, b), [4, 2])
        self.assertEqual(self.count("taken", "t6", a, b), [4, 2])

    def test_a_repeated_question_counts_nothing_again(self):
        a, b = self.held(2)
        for how, token, counts in (("taken", "t1", [1, 1]),
                                   ("taken", "t2", [2, 2]),
                                   ("alone", "t3", [3, 3])):
            self.assertEqual(self.count(how, token, a, b), counts)
            self.assertEqual(self.unchanged_by(
                lambda: self.count(how, token, a, b)), counts)

    def test_lanes_do_not_meet(self):
        (a,), (b,) = self.held(1), self.held(1, "bulk")
        self.count("taken", "t1", a)
        self.count("alone", "t2", a)
        self.assertEqual(self.count("taken", "t1", b, lane="bulk"), [1])

    def test_what_is_settled_has_no_count(self):
        a, b = self.held(2)
        self.count("taken", "t1", a, b)
        self.run_script("settle", "job", "outbox", a, "done", "1-1", 1,
                        "cleared", "outbox", a)
        self.assertEqual(self.hash("crashes"),
                         {f"outbox {b}".encode(): b"1 t1"})
        self.run_script("settle", "job", "outbox", b, "done", "1-1", 1)
        for how in ("taken", "alone"):
            self.assertEqual(self.count(how, "t2", a, b), [0, 0])
            self.assertFalse(self.exists("crashes"))

    def test_counts_that_nobody_dropped_are_swept(self):
        a, b = self.held(2)
        self.count("taken", "t1", a, b)
        self.call("XACK", "outbox", "deliver", a)
        self.sweep()
        self.assertEqual(self.hash("crashes"), {f"outbox {b}".encode(): b"1 t1"})

    def test_counts_of_what_was_taken_apart_stay_until_it_is_read(self):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", f"{CD} {CD}:1")
        (bundle, _), = self.read("outbox")
        self.run_script("split", "outbox", bundle)
        self.sweep()
        counts = self.hash("crashes")
        self.assertEqual(list(counts.values()), [b"1 -", b"1 -"])
        jobs = [entry for entry, _ in self.read("outbox")]
        self.sweep()
        self.assertEqual(self.hash("crashes"), counts)
        self.assertEqual(self.count("taken", "t1", *jobs), [2, 2])
        self.call("XACK", "outbox", "deliver", *jobs)
        self.sweep()
        self.assertFalse(self.exists("crashes"))

    def test_without_the_group(self):
        a, = self.held(1)
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.assertEqual(self.count("taken", "t1", a), [0])


def log_of(delivered, failed, size, *times):
    return AttemptLog(delivered, failed, size, [Attempt(at) for at in times])


class Attempts(ScriptTest):
    def add(self, *added):
        """(TD, CD, log) for each subscription."""
        return self.run_script("attempts", *(
            word for td, cd, log in added for word in (td, cd, log.written())))

    def log(self, cd=CD, td=TD):
        return AttemptLog.read(self.call("HGET", f"attempts:{td}", cd))

    def test_totals_add_up_and_the_newest_attempts_stay(self):
        self.subscribe(CD)
        first = log_of(2, 1, 300, 3, 2, 1)
        self.assertEqual(self.add((TD, CD, first)), 1)
        self.assertEqual(self.log(), first)
        self.add((TD, CD, log_of(1, 5, 2 ** 40, 9, 8, 7, 6, 5, 4)))
        both = log_of(3, 6, 2 ** 40 + 300, 9, 8, 7, 6, 5, 4, 3, 2)
        self.assertEqual(self.log(), both)
        self.add((TD, CD, log_of(0, 0, 0)))
        self.assertEqual(self.log(), both)

    def test_a_repeated_call_adds_nothing(self):
        """Nor does one that comes when others have been added meanwhile."""
        self.subscribe(CD)
        first, second = log_of(1, 1, 10, 2, 1), log_of(0, 2, 20, 4, 3)
        self.assertEqual(self.add((TD, CD, first)), 1)
        self.assertEqual(
            self.unchanged_by(lambda: self.add((TD, CD, first))), 0)
        self.assertEqual(self.add((TD, CD, second)), 1)
        for log in (first, second):
            self.assertEqual(
                self.unchanged_by(lambda: self.add((TD, CD, log))), 0)
        self.assertEqual(self.log(), log_of(1, 3, 30, 4, 3, 2, 1))

    def test_bytes_that_look_like_an_attempt_are_none(self):
        """They begin in the middle of one."""
        self.subscribe(CD)
        stored = [Attempt(2 ** 32 + 7, 9), Attempt(2 ** 32 + 7, 9)]
        self.add((TD, CD, AttemptLog(0, 2, 0, stored)))
        log = AttemptLog(0, 2, 0, stored).written()
        shifted, _ = Attempt.read(log, 30)
        self.assertEqual(self.add((TD, CD, AttemptLog(0, 1, 0, [shifted]))),
                         1)
        self.assertEqual(self.log().failed, 3)

    def test_an_attempt_stays_as_it_was(self):
        self.subscribe(CD)
        attempt = Attempt(1700000000123, 600000, 2 ** 32 - 1, 599,
                          Error.BLOCKED, (2 ** 48 - 1, 2 ** 32 - 1), 2 ** 16 - 1,
                          b"\0" * 256)
        self.add((TD, CD, AttemptLog(0, 1, 0, [attempt])))
        self.add((TD, CD, log_of(1, 0, 0, 1700000000124)))
        self.assertEqual(self.log().attempts[1], attempt)

    def test_bodies_go_with_their_attempts(self):
        self.subscribe(CD)
        kept = []
        for n in range(1, 12):
            one = [Attempt(2 * n + k, body=b"%d" % n * k) for k in (1, 0)]
            self.add((TD, CD, AttemptLog(0, 2, 0, one)))
            kept = (one + kept)[:8]
            self.assertEqual(self.log().attempts, kept)

    def test_many_topics_at_once_and_none_for_what_has_ended(self):
        self.subscribe("a", "b")
        self.call("HSET", f"sub:{OTHER_TD}", "a", "a record")
        one, two, three = log_of(1, 0, 1, 1), log_of(0, 1, 2, 2), log_of(
            3, 3, 3, 3)
        self.assertEqual(self.add(
            (TD, "a", one), (OTHER_TD, "a", three), (TD, "gone", one),
            (OTHER_TD, "gone", one), (TD, "b", two)), 3)
        self.assertEqual([self.log("a"), self.log("b"),
                          self.log("a", OTHER_TD)], [one, two, three])
        self.assertEqual(self.call("HLEN", f"attempts:{TD}"), 2)
        self.assertEqual(self.call("HLEN", f"attempts:{OTHER_TD}"), 1)

    def add_to(self, log):
        """Adds to a log that is there, and to another; returns what was added
        and what the first is then."""
        self.subscribe(CD, "b")
        self.call("HSET", f"attempts:{TD}", CD, log)
        self.call("HDEL", f"attempts:{TD}", "b")
        one = log_of(1, 0, 1, 1)
        self.add((TD, CD, one), (TD, "b", one))
        self.assertEqual(self.log("b"), one)
        return one.written(), self.call("HGET", f"attempts:{TD}", CD)

    def test_a_log_of_a_later_version_stays(self):
        for later in (b"\2" + bytes(24), b"\2", b"\x1f of the future"):
            with self.subTest(log=later):
                self.assertEqual(self.add_to(later)[1], later)

    def test_what_can_not_be_read_is_replaced(self):
        for bad in (b"", b"\1", b"\1" + bytes(24), b"\1" + bytes(26),
                    b"\1" + bytes(24) + b"\1" + bytes(32),
                    b"\1" + bytes(24) + b"\1" + bytes(31) + b"\5\0body",
                    b"\1" + bytes(24) + b"\x09" + bytes(9 * 33), bytes(26),
                    b"1 5 2 700 1700000000001:500:12:100:-"):
            with self.subTest(log=bad):
                self.assertEqual(*self.add_to(bad))

    def test_nothing(self):
        self.assertEqual(self.unchanged_by(self.add), 0)


class Renew(ScriptTest):
    def renew(self, *entries, consumer="one"):
        words = [word for entry in entries for word in ("outbox", entry)]
        return self.run_script("renew", "deliver", consumer, *words)

    def idle_ms(self):
        return {row[0].decode(): row[2] for row in self.call(
            "XPENDING", "outbox", "deliver", "-", "+", 10)}

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        self.held = [entry for entry, _ in self.read("outbox")]
        self.call("XCLAIM", "outbox", "deliver", "one", 0, *self.held,
                  "IDLE", 3600000, "JUSTID")

    def test_the_idle_time_begins_anew(self):
        self.assertEqual(self.renew(*self.held[:2]), 2)
        idle = self.idle_ms()
        self.assertLess(max(idle[entry] for entry in self.held[:2]), 3600000)
        self.assertGreaterEqual(idle[self.held[2]], 3600000)

    def test_what_another_has_taken_over_stays_his(self):
        self.call("XCLAIM", "outbox", "deliver", "two", 0, self.held[0],
                  "IDLE", 3600000, "JUSTID")
        self.assertEqual(self.renew(*self.held), 2)
        self.assertGreaterEqual(self.idle_ms()[self.held[0]], 3600000)
        self.assertEqual(self.call("XPENDING", "outbox", "deliver", "-", "+",
                                   10, "two")[0][0].decode(), self.held[0])

    def test_what_was_settled_is_not_claimed(self):
        self.call("XACK", "outbox", "deliver", self.held[0])
        self.assertEqual(self.renew(*self.held), 2)
        self.assertNotIn(self.held[0], self.pending("outbox"))

    def test_a_repeated_call_only_renews(self):
        self.assertEqual(self.renew(*self.held), 3)
        self.assertEqual(self.renew(*self.held), 3)
        self.assertEqual(self.pending("outbox"), self.held)
        self.assertEqual(self.call("XLEN", "outbox"), 3)

    def test_without_the_group(self):
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.assertEqual(self.renew(*self.held), 0)


if __name__ == "__main__":
    unittest.main()
