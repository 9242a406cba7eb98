"""due, test_event and remove: what operators order of one subscription."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.scripts import CD, TD, TOPIC

OTHER = "x" * 22


class Due(CursorTest):
    def due(self, cd=CD):
        return self.run_script("due", TD, cd)

    def soon(self):
        """What waits, and is not due yet."""
        return self.call("ZCOUNT", "retry", self.now_ms() + 1, "+inf")

    def test_nothing_waits(self):
        self.assertEqual(self.unchanged_by(self.due), 0)
        self.publish()
        self.assertEqual(self.unchanged_by(self.due), 0)

    def test_there_is_no_such_subscription(self):
        self.assertEqual(self.unchanged_by(lambda: self.due(OTHER)), -1)

    def test_its_failed_jobs_are_due_and_no_others(self):
        self.subscribe(OTHER)
        for _ in range(3):
            event = self.publish()
            for entry, fields in self.read(LANE):
                for n, cd in enumerate(fields[b"c"].decode().split()):
                    self.run_script(
                        "settle", *(("part", LANE, entry, "-", 2) if n == 0
                                    else ("rest", LANE, entry, 2)),
                        "retry", event, cd, 1, 0, 60000, TD)
        self.assertEqual(self.soon(), 6)
        self.assertEqual(self.due(), 3)
        self.assertEqual(self.soon(), 3)
        self.assertTrue(self.exists("wake"))
        self.promote()
        self.assertEqual(set(self.posted()), {CD})
        self.assertEqual(self.unchanged_by(self.due), 0)

    def test_the_probe_of_a_suspended_one_is_due(self):
        event = self.suspended_now()
        for failures in (0, 7, 999):
            self.assertEqual(self.due(), 1)
            self.promote()
            entry, u, said = self.cursor_job()
            self.assertEqual(said[0], event)
            self.cursor_retry(entry, u, n=failures, k=1, delay_ms=60000)

    def test_of_a_paused_one_nothing_waits(self):
        self.suspended_now()
        self.run_script("pause", TD, CD, TOPIC, "pause", "-")
        self.assertEqual(self.unchanged_by(self.due), 0)

    def test_what_is_parked_for_the_callback_is_queued(self):
        events = [self.publish() for _ in range(3)]
        for (entry, fields), event in zip(self.read(LANE), events):
            self.settle("park", entry, event, CD, 0, 0, CD)
        self.assertEqual(self.due(), 3)
        self.assertFalse(self.exists(f"parked:{CD}"))
        self.assertEqual(self.posted(), [CD] * 3)


class TestEvent(CursorTest):
    def send(self, cd=CD):
        return self.run_script("test_event", TD, cd, TOPIC, "application/json",
                               "{}").decode()

    def test_there_is_no_such_subscription(self):
        self.assertEqual(self.unchanged_by(lambda: self.send(OTHER)), "")

    def test_it_is_one_job_and_nobody_else_sees_it(self):
        self.subscribe(OTHER)
        event = self.send()
        self.assertEqual(self.posted(event), [CD])
        self.assertEqual(self.hash("refs"), {event.encode(): b"1"})
        self.assertEqual(self.hash(f"kept:{event}"), {
            b"v": b"1", b"t": TOPIC.encode(), b"ct": b"application/json",
            b"b": b"{}"})
        self.assertFalse(self.exists("log"))
        self.assertFalse(self.exists(f"events:{TD}"))
        entry, _ = self.claim()
        self.settle("done", entry, event, 1)
        for key in ("refs", f"kept:{event}"):
            self.assertFalse(self.exists(key))

    def test_each_has_an_id_of_its_own(self):
        events = [self.send() for _ in range(50)]
        self.assertEqual(len(set(events)), 50)
        for event in events:
            self.assertGreaterEqual(int(event.split("-")[1]), 4294960000)

    def test_tried_again_it_is_none_of_the_failing_jobs(self):
        event = self.send()
        entry, _ = self.claim()
        self.retry(entry, event, td="-")
        self.assertEqual(self.failing(), {})
        other = self.publish()
        entry, _ = self.claim()
        self.suspend(entry, other)
        self.assertEqual(self.missed(), [other])
        self.due_now()
        self.assertIn(CD, self.posted(event))
        self.assertTrue(self.exists(f"kept:{event}"))

    def test_a_sweep_leaves_it(self):
        event = self.send()
        self.sweep(retention_ms=0)
        self.assertTrue(self.exists(f"kept:{event}"))

    def test_the_log_goes_on_as_ever(self):
        self.send()
        event = self.publish()
        self.assertIn(event, [fields[b"e"].decode()
                              for _, fields in self.entries(LANE)])


class Remove(CursorTest):
    def remove(self, cd=CD):
        generation, was_there = self.run_script("remove", TD, cd)
        return int(generation), was_there

    def test_it_ends_with_all_that_is_kept_for_it(self):
        self.suspended_now()
        self.run_script("pause", TD, CD, TOPIC, "pause", "-")
        self.assertEqual(self.remove()[1], 1)
        for key in (f"sub:{TD}", f"cursor:{TD}", "suspended", "paused",
                    f"missed:{TD}:{CD}", "counts"):
            self.assertFalse(self.exists(key), key)
        self.assertEqual([fields[b"k"] for _, fields in
                          self.entries("changes")], [b"subscription_deleted"])
        self.assertEqual(self.remove()[1], 0)

    def test_requests_that_wait_end_too(self):
        generation = self.request_script()
        self.assertEqual(self.remove()[1], 1)
        self.assertFalse(self.exists("pending"))
        self.assertEqual(self.run_script(
            "verified", TD, CD, "s", generation, "confirmed", 0, 0, 0, "-"),
            b"superseded")
        self.assertIsNone(self.read_record())

    def test_each_has_a_higher_generation_for_the_replicas(self):
        first = self.remove()[0]
        self.assertGreater(self.remove()[0], first)
        self.assertGreater(self.request_script(), first)


if __name__ == "__main__":
    unittest.main()
