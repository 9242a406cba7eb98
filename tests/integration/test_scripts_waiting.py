"""waiting: how much waits in each queue of a shard, and for how long."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import CD, ScriptTest

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.findall(r'\[WSUB_QUEUE_\w+\] = "(\w+)"',
                   (ROOT / "common/store/waiting.c").read_text())
LANES = ("outbox", "bulk", "verify")


class Waiting(ScriptTest):
    def setUp(self):
        super().setUp()
        self.now = self.now_ms()

    def waiting(self):
        """What is not 0, by queue: {name: (entries, ms of the oldest)}."""
        flat = self.unchanged_by(lambda: self.run_script("waiting"))
        self.assertEqual(len(flat), 2 * len(NAMES) + 4)
        self.subscriptions, self.letter_ms = flat[-4:-1], flat[-1]
        rows = zip(NAMES, flat[::2], flat[1::2])
        return {name: (entries, oldest) for name, entries, oldest in rows
                if (entries, oldest) != (0, -1)}

    def check(self, queue, entries, oldest_ms):
        """Alone `queue` has any; its oldest has waited for so long, at least."""
        found = self.waiting()
        self.assertEqual(set(found), {queue})
        self.assertEqual(found[queue][0], entries)
        if oldest_ms < 0:
            self.assertEqual(found[queue][1], -1)
        else:
            self.assertTrue(oldest_ms <= found[queue][1] < oldest_ms + 60000,
                            found)

    def test_nothing(self):
        self.assertEqual(self.waiting(), {})
        self.redis.call("FLUSHALL")
        self.assertEqual(self.waiting(), {})

    def test_events_that_have_not_begun(self):
        ids = [f"{self.now - ago}-0" for ago in (90000, 80000, 70000)]
        for event in ids:
            self.call("XADD", "log", event, "v", 1)
        self.check("log", 3, 90000)
        self.call("HSET", "position", "id", ids[1], "n", 2)
        self.check("log", 1, 70000)

    def test_open_events(self):
        self.call("HSET", "fanout", f"{self.now - 70000}-5", "x",
                  f"{self.now - 80000}-1", "x")
        self.check("open", 2, 80000)

    def test_of_many_open_events_one_is_looked_at(self):
        for n in range(1000):
            self.call("HSET", "fanout", f"{self.now - 80000}-{n}", "x")
        self.check("open", 1000, 80000)

    def test_streams(self):
        for stream in ("pings", "held", "dead"):
            self.call("XADD", stream, f"{self.now - 90000}-0", "v", 1)
            self.call("XADD", stream, "*", "v", 1)
            self.check(stream, 2, 90000)
            self.call("DEL", stream)

    def test_when_the_last_dead_letter_came(self):
        self.waiting()
        self.assertEqual(self.letter_ms, -1)
        for ago in (90000, 50000):
            entry = self.call("XADD", "dead", f"{self.now - ago}-0", "v", 1)
        self.waiting()
        self.assertTrue(50000 <= self.letter_ms < 80000, self.letter_ms)
        self.call("XDEL", "dead", entry)
        self.waiting()
        self.assertTrue(50000 <= self.letter_ms < 80000, self.letter_ms)

    def test_what_is_due_by_its_time(self):
        for key, queue in (("fetch", "fetches"), ("validations",) * 2):
            self.call("ZADD", key, self.now - 5000, "a", self.now - 9000, "b",
                      self.now + 60000, "c")
            self.check(queue, 2, 9000)
            self.call("DEL", key)

    def test_retries_that_are_due_and_others(self):
        self.call("ZADD", "retry", self.now + 60000, "a")
        self.check("retry_later", 1, -1)
        self.call("ZADD", "retry", self.now - 7000, "b", self.now - 8000, "c")
        found = self.waiting()
        self.assertEqual(found["retry_later"], (1, -1))
        self.assertEqual(found["retry_due"][0], 2)
        self.assertGreaterEqual(found["retry_due"][1], 8000)

    def test_a_lane_has_what_is_not_settled(self):
        for lane in LANES:
            for ago in (90000, 80000, 70000):
                self.call("XADD", lane, f"{self.now - ago}-0", "e", "1-1",
                          "c", CD)
            self.check(lane, 3, 90000)
            (first, _), (second, _) = self.read(lane, count=2)
            self.check(lane, 3, 90000)
            self.call("XACK", lane, "deliver", first)
            self.check(lane, 2, 80000)
            self.call("XACK", lane, "deliver", second)
            self.check(lane, 1, 70000)
            self.read(lane, count=1)
            self.check(lane, 1, 70000)
            self.call("DEL", lane)

    def test_a_lane_without_group(self):
        self.call("DEL", "bulk")
        self.call("XADD", "bulk", f"{self.now - 90000}-0", "e", "1-1", "c", CD)
        self.check("bulk", 1, 90000)

    def test_subscriptions(self):
        for key in ("suspended", "paused"):
            self.call("ZADD", key, self.now - 5000, "a:b", self.now, "c:d")
            self.check(key, 2, 5000)
            self.call("DEL", key)
        self.call("ZADD", "pulls", 0, "p1", 0, "p2")
        self.check("pull", 2, -1)

    def test_active_subscriptions(self):
        self.call("HSET", "counts", "s", 7, "u", 4)
        self.call("HSET", "sub:" + digest("*"), "t", "*", CD, "x")
        self.waiting()
        self.assertEqual(self.subscriptions, [7, 4, 0])
        self.call("HSET", "counts", "home", 1)
        self.waiting()
        self.assertEqual(self.subscriptions, [7, 4, 1])

    def test_parked_jobs_come_and_go(self):
        event = self.event()
        self.call("HSET", "position", "id", event, "n", 1)
        words = []
        for n in range(3):
            self.call("XADD", "outbox", "*", "e", event, "c", f"cd{n}")
            self.call("HINCRBY", "refs", event, 1)
        for entry, fields in self.read("outbox", count=3):
            words += ["job", "outbox", entry, "park", event,
                      fields[b"c"].decode(), 0, 0, "h" * 22]
        self.run_script("settle", *words)
        self.assertEqual(self.waiting()["parked"], (3, -1))
        self.run_script("unpark", "h" * 22, 2)
        self.assertEqual(self.waiting()["parked"], (1, -1))
        self.run_script("unpark", "h" * 22, 2)
        self.assertNotIn("parked", self.waiting())
        self.assertIsNone(self.call("HGET", "counts", "p"))


if __name__ == "__main__":
    unittest.main()
