"""The scripts sweep, where events have a retention of their own, and
subscribed_topics."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import CALLBACK, ScriptTest


class Retained(ScriptTest):
    """Events with a retention of their own."""

    def begun(self, count):
        """Events that are finished, without jobs; their ids."""
        events = [self.event() for _ in range(count)]
        self.begin(*events)
        return events

    def keep(self, event, left_ms):
        self.call("ZADD", "retained", self.now_ms() + left_ms, event)

    def left(self):
        return [entry.decode() for entry, _ in self.call("XRANGE", "log", "-",
                                                         "+")]

    def wait_old(self, event):
        """Waits until the event is older than a millisecond."""
        while self.now_ms() <= int(event.split("-")[0]) + 1:
            pass

    def test_each_leaves_at_its_time(self):
        events = self.begun(6)
        self.keep(events[0], 60000)
        self.keep(events[3], 60000)
        self.keep(events[5], -1)
        self.assertEqual(self.sweep()[1], 1)
        self.assertEqual(self.left(), events[:5])
        self.wait_old(events[-1])
        self.assertEqual(self.sweep(retention_ms=1)[1], 3)
        self.assertEqual(self.left(), [events[0], events[3]])
        self.assertEqual(self.call("GET", "horizon"), events[0].encode())
        self.keep(events[0], -1)
        self.sweep(retention_ms=1)
        self.assertEqual(self.left(), [events[3]])
        self.assertEqual(self.call("GET", "horizon"), events[3].encode())
        self.keep(events[3], -1)
        self.sweep(retention_ms=1)
        self.assertEqual(self.left(), [])
        self.assertFalse(self.exists("retained") or self.exists("swept"))
        self.wait_old(self.begun(1)[0])
        self.sweep(retention_ms=1)
        self.assertEqual(self.left(), [])

    def test_an_event_that_is_not_finished_stays(self):
        self.subscribe(*(f"{n:022d}" for n in range(150)))
        event, = self.begun(1)
        self.keep(event, -1)
        self.assertEqual(self.sweep()[1], 0)
        self.assertEqual(self.left(), [event])
        self.post_page(event)
        self.assertEqual(self.sweep()[1], 1)
        self.assertTrue(self.exists(f"kept:{event}"))

    def test_many_go_in_bites(self):
        events = self.begun(50)
        self.keep(events[-1], 60000)
        self.wait_old(events[-1])
        counts = []
        for _ in range(4):
            counts.append(self.sweep(retention_ms=1)[1::2])
        self.assertEqual(counts, [[20, 1], [20, 1], [9, 0], [0, 0]])
        self.assertEqual(self.left(), events[-1:])

    def test_what_a_clock_that_was_ahead_noted_leaves_too(self):
        events = self.begun(2)
        self.call("ZADD", "retained", 10 ** 14, events[0])
        self.keep(events[1], 31536000000)
        self.sweep(retention_ms=60000)
        self.assertLessEqual(int(self.call("ZSCORE", "retained", events[0])),
                             self.now_ms() + 60000)
        self.assertGreater(int(self.call("ZSCORE", "retained", events[1])),
                           self.now_ms() + 31000000000)

    def test_what_is_no_event_goes(self):
        event, = self.begun(1)
        for member in ("x", "9-9", "9" * 25 + "-0", "1-" + "9" * 25):
            self.call("ZADD", "retained", 1, member)
        self.sweep()
        self.assertEqual(self.left(), [event])
        self.assertFalse(self.exists("retained"))


class Topics(ScriptTest):
    def pages(self, most, prefix="", other_than=""):
        found, after = [], ""
        while True:
            after, *rows = self.run_script("subscribed_topics", after, most,
                                           prefix, other_than)
            after = after.decode()
            self.assertLessEqual(len(rows), 2 * most)
            self.assertEqual(set(rows[1::2]) - {2}, set())
            found += [text.decode() for text in rows[::2]]
            if not after:
                return found

    def test_each_is_read_once_whatever_the_pages(self):
        topics = {digest(f"t{n}"): f"t{n}" for n in range(300)}
        for td, topic in topics.items():
            for cd in ("a" * 22, "b" * 22):
                self.run_script("replicate", td, cd, "s", 1,
                                f"1 9 3600 1 - {CALLBACK} -", 9999999999, 60)
            self.call("HSET", f"sub:{td}", "t", topic)
        expected = [topics[td] for td in sorted(topics)]
        for most in (1, 7, 299, 300, 1000):
            self.assertEqual(self.pages(most), expected)
        self.assertEqual(self.pages(7, "t1", digest("t17")), [
            topic for topic in expected
            if topic.startswith("t1") and topic != "t17"])
        self.call("HDEL", f"sub:{digest('t7')}", "t")
        self.assertEqual(self.pages(100).count(""), 1)

    def test_there_is_none(self):
        self.assertEqual(self.pages(10), [])


if __name__ == "__main__":
    unittest.main()
