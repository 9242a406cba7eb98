"""Jobs that wait for their host: park of settle, unpark, and promote for a
worker that does not come back."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import TD, ScriptTest

HOST = "h" * 22
EVENT = "1700000000000-0"


class ParkTest(ScriptTest):
    def jobs(self, count, lane="outbox", first=0):
        for n in range(first, first + count):
            self.call("XADD", lane, "*", "e", EVENT, "c", f"cd{n}")
            self.call("HINCRBY", "refs", EVENT, 1)
        return [(entry, fields[b"c"].decode())
                for entry, fields in self.read(lane, count=count)]

    def park(self, jobs, n=0, k=0, lane="outbox", host=HOST):
        words = []
        for entry, cd in jobs:
            words += ["job", lane, entry, "park", EVENT, cd, n, k, host]
        return self.run_script("settle", *words)

    def unpark(self, most, host=HOST):
        return tuple(self.run_script("unpark", host, most))

    def parked(self, host=HOST):
        return [line.decode() for line in
                self.call("LRANGE", f"parked:{host}", 0, -1)]

    def due(self, host=HOST):
        score = self.call("ZSCORE", "retry", f"h {host}")
        return score and int(score)

    def outbox(self):
        return [fields for _, fields in self.entries("outbox")]

    def make_due(self, host=HOST):
        self.call("ZADD", "retry", self.now_ms() - 1, f"h {host}")


class Park(ParkTest):
    def test_parked_jobs_wait_in_their_order_and_stay_counted(self):
        jobs = self.jobs(3)
        before = self.now_ms()
        self.assertEqual(self.park(jobs, n=2, k=1), 3)
        self.assertEqual(self.parked(),
                         [f"d {EVENT} cd{n} 2 1" for n in range(3)])
        self.assertTrue(before + 10000 <= self.due() <= self.now_ms() + 10000)
        self.assertEqual(self.hash("refs")[EVENT.encode()], b"3")
        self.assertEqual(self.pending("outbox"), [])

    def test_jobs_of_bulk_park_too(self):
        self.park(self.jobs(2, lane="bulk"), lane="bulk")
        self.assertEqual(len(self.parked()), 2)
        self.assertEqual(self.entries("bulk"), [])

    def test_a_repeated_call_parks_nothing_twice(self):
        jobs = self.jobs(2)
        self.park(jobs)
        self.assertEqual(self.unchanged_by(lambda: self.park(jobs)), 0)

    def test_a_repeated_call_of_unpark_brings_no_job_twice(self):
        self.park(self.jobs(5))
        self.assertEqual(self.unpark(2), (2, 3))
        self.assertEqual(self.unpark(2), (2, 1))
        self.assertEqual(self.unpark(2), (1, 0))
        self.assertEqual(self.unchanged_by(lambda: self.unpark(2)), (0, 0))
        self.assertEqual([fields[b"c"] for fields in self.outbox()],
                         [f"cd{n}".encode() for n in range(5)])

    def test_hosts_do_not_meet(self):
        self.park(self.jobs(1))
        self.park(self.jobs(2, first=1), host="other")
        self.assertEqual(self.unpark(9, "other"), (2, 0))
        self.assertEqual(self.parked(), [f"d {EVENT} cd0 0 0"])
        self.assertIsNotNone(self.due())
        self.assertIsNone(self.due("other"))


class Unpark(ParkTest):
    def test_the_oldest_come_back_with_what_they_carried(self):
        self.park(self.jobs(1), n=0, k=0)
        self.park(self.jobs(1, first=1), n=3, k=0)
        self.park(self.jobs(1, first=2), n=0, k=2)
        self.park(self.jobs(1, first=3), n=1, k=1)
        self.assertEqual(self.unpark(3), (3, 1))
        event = EVENT.encode()
        self.assertEqual(self.outbox(), [
            {b"e": event, b"c": b"cd0", b"n": b"0", b"k": b"0"},
            {b"e": event, b"c": b"cd1", b"n": b"3", b"k": b"0"},
            {b"e": event, b"c": b"cd2", b"n": b"0", b"k": b"2"}])
        self.assertIsNotNone(self.due())
        self.assertEqual(self.unpark(3), (1, 0))
        self.assertEqual(self.outbox()[3], {
            b"e": event, b"c": b"cd3", b"n": b"1", b"k": b"1"})
        self.assertIsNone(self.due())

    def test_a_cursor_job_comes_back_with_its_number(self):
        self.subscribe("cd0")
        self.call("HSET", f"cursor:{TD}", "cd0", "7 run 0-0 0 0 - -")
        self.call("XADD", "outbox", "*", "f", TD, "c", "cd0", "u", 7)
        (entry, _), = self.read("outbox")
        words = ("cursor", "outbox", entry, TD, "cd0", 7,
                 "park", "-", "-", 2, 1, HOST)
        self.assertEqual(self.run_script("settle", *words), 1)
        self.assertEqual(self.unchanged_by(
            lambda: self.run_script("settle", *words)), 0)
        self.assertEqual(self.parked(), [f"f {TD} cd0 7 2 1"])
        self.assertIsNotNone(self.due())
        self.assertEqual(self.unpark(5), (1, 0))
        self.assertEqual(self.outbox(), [{
            b"f": TD.encode(), b"c": b"cd0", b"u": b"7", b"n": b"2",
            b"k": b"1"}])

    def test_one_that_is_not_current_is_dropped(self):
        self.call("XADD", "outbox", "*", "f", TD, "c", "cd0", "u", 7)
        (entry, _), = self.read("outbox")
        self.run_script("settle", "cursor", "outbox", entry, TD, "cd0", 7,
                        "park", "-", "-", 2, 1, HOST)
        self.assertFalse(self.exists(f"parked:{HOST}"))

    def test_nothing_waits(self):
        self.assertEqual(self.unchanged_by(lambda: self.unpark(5)), (0, 0))

    def test_a_target_of_a_level_comes_back_as_it_was(self):
        (entry, _), = self.jobs(1)
        self.park([(entry, "cd0:*")])
        self.unpark(1)
        self.assertEqual(self.outbox()[0][b"c"], b"cd0:*")


class WorkerDies(ParkTest):
    """The worker that parked the jobs does not come back for them."""

    def promote(self, most=1000):
        return tuple(self.as_owner("promote", most, 5))

    def test_they_come_back_in_bites(self):
        self.park(self.jobs(150))
        self.make_due()
        moved, next_ms = self.promote()
        self.assertEqual(moved, 64)
        self.assertTrue(900 <= next_ms <= 1000, next_ms)
        self.make_due()
        self.assertEqual(self.promote()[0], 64)
        self.make_due()
        self.assertEqual(self.promote(), (22, -1))
        self.assertEqual([f[b"c"] for f in self.outbox()],
                         [b"cd%d" % n for n in range(150)])
        self.assertFalse(self.exists(f"parked:{HOST}"))

    def test_a_worker_that_takes_or_parks_some_will_take_the_rest(self):
        self.park(self.jobs(10))
        self.make_due()
        before = self.now_ms()
        self.unpark(4)
        self.assertGreaterEqual(self.due(), before + 10000)
        self.make_due()
        self.park(self.jobs(1))
        self.assertGreaterEqual(self.due(), before + 10000)

    def test_between_unpark_and_the_end_of_its_worker(self):
        self.park(self.jobs(10))
        self.unpark(4)
        self.make_due()
        self.assertEqual(self.promote()[0], 6)
        self.assertEqual(len(self.outbox()), 10)

    def test_others_that_are_due_keep_their_place_within_the_limit(self):
        self.park(self.jobs(100))
        self.make_due()
        self.call("ZADD", "retry", 1, f"d 17-0 {TD} 1 0")
        self.call("ZADD", "retry", self.now_ms(), f"d 18-0 {TD} 1 0")
        self.assertEqual(self.promote(10)[0], 10)
        self.assertEqual(len(self.parked()), 91)
        moved, next_ms = self.promote(10)
        self.assertEqual(moved, 1)
        self.assertGreater(next_ms, 0)
        self.assertEqual(self.outbox()[-1][b"e"], b"18-0")

    def test_an_entry_without_jobs_goes(self):
        self.make_due()
        self.assertEqual(self.promote(), (0, -1))
        self.assertFalse(self.exists("retry"))

    def test_turns_come_back_with_their_number(self):
        self.call("ZADD", "retry", 1, f"f {TD} cd0 7 2 1")
        self.assertEqual(self.promote(), (1, -1))
        self.assertEqual(self.outbox(), [{
            b"f": TD.encode(), b"c": b"cd0", b"u": b"7", b"n": b"2",
            b"k": b"1"}])


if __name__ == "__main__":
    unittest.main()
