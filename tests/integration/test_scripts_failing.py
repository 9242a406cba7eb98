"""What waits in `retry` when its subscription is suspended: it is recalled,
or waited for, so that events come in their order."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, PROBE_MS, CursorTest
from support.scripts import CALLBACK, CD, TD, TOPIC, targets


class Failing(CursorTest):
    """The note of a job in `retry`, from its failure to its end."""

    def failed(self):
        """A job that failed and waits; returns its event."""
        event = self.publish()
        entry, _ = self.claim()
        self.assertEqual(self.retry(entry, event), 1)
        return event

    def again(self):
        """A job that failed and was claimed again: its event and entry."""
        event = self.failed()
        self.due_now()
        entry, fields = self.claim()
        self.assertEqual((fields["e"], fields["n"], fields["k"]),
                         (event, "1", "0"))
        return event, entry

    def test_a_failure_is_noted(self):
        events = [self.failed(), self.failed()]
        self.assertEqual(self.failing(), {
            event: f"d {event} {CD} 1 0" for event in events})

    def test_the_level_is_no_part_of_its_name(self):
        event = self.publish()
        entry, _ = self.claim()
        self.retry(entry, event, cd=CD + ":*")
        self.assertEqual(self.failing(), {event: f"d {event} {CD}:* 1 0"})

    def test_without_a_known_subscription_nothing_is_noted(self):
        for td, known in (("-", True), (TD, False)):
            with self.subTest(td=td):
                self.setUp()
                event = self.publish()
                entry, _ = self.claim()
                if not known:
                    self.end_subscription()
                self.assertEqual(self.retry(entry, event, td=td), 1)
                self.assertEqual(self.failing(), {})
                self.assertEqual(self.call("ZCARD", "retry"), 1)

    def test_a_note_ends_with_its_job(self):
        ends = {
            "done": lambda e, j: self.retried(e, "done", j, e, 1),
            "dead": lambda e, j: self.retried(
                e, "dead", j, e, CD, 8, TOPIC, CALLBACK, "why"),
            "park": lambda e, j: self.retried(e, "park", j, e, CD, 1, 0, "h"),
            "miss": lambda e, j: self.retried(e, "miss", j, e, CD, TD),
            "suspend": lambda e, j: self.retried(
                e, "suspend", j, e, CD, 0, 0, PROBE_MS, TD),
        }
        for name, end in ends.items():
            with self.subTest(end=name):
                self.setUp()
                event, job = self.again()
                other = self.failed()
                self.call("XACK", LANE, "deliver", job)
                self.assertEqual(self.unchanged_by(lambda: end(event, job)), 0)
                self.call("XGROUP SETID", LANE, "deliver", "0")
                self.read(LANE)
                self.assertEqual(end(event, job), 1)
                self.assertNotIn(event, self.failing())
                self.assertEqual(other in self.failing(), name != "suspend")

    def test_another_failure_is_a_new_note(self):
        event, job = self.again()
        self.retried(event, "retry", job, event, CD, 2, 0, 0, TD)
        self.assertEqual(self.failing(), {event: f"d {event} {CD} 2 0"})

    def test_retried_is_of_its_own_job_only(self):
        (one, a), (two, b) = self.again(), self.again()
        self.run_script("settle", "job", LANE, a, "retried", TD, CD, one,
                        "retry", one, CD, 2, 0, 0, TD,
                        "job", LANE, b, "done", two, 1)
        self.assertEqual(sorted(self.failing()), [one, two])

    def test_notes_end_with_the_subscription(self):
        self.failed()
        self.end_subscription()
        self.assertFalse(self.exists(f"failing:{TD}:{CD}"))

    def test_410_ends_the_notes(self):
        event, job = self.again()
        self.failed()
        self.retried(event, "gone", job, event, CD, TD, 1)
        self.assertFalse(self.exists(f"failing:{TD}:{CD}"))


class Recalled(CursorTest):
    """A suspension finds jobs in `retry`."""

    def setUp(self):
        super().setUp()
        self.events = [self.publish() for _ in range(3)]
        self.jobs = [entry for entry, _ in self.read(LANE)]
        self.retry(self.jobs[0], self.events[0])

    def cursor_mode_since(self, ms_ago):
        """Following began `ms_ago` before now."""
        words = self.call("HGET", f"cursor:{TD}", CD).decode().split(" ")
        words[4] = str(self.now_ms() - ms_ago)
        self.call("HSET", f"cursor:{TD}", CD, " ".join(words))

    def test_what_waits_becomes_missed_at_once(self):
        self.suspend(self.jobs[1], self.events[1])
        self.assertEqual((self.missed(), self.failing()),
                         (self.events[:2], {}))
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1),
                         [f"f {TD} {CD} 1 0 0".encode()])
        self.assertEqual(self.hash("refs"), {self.events[2].encode(): b"1"})
        self.miss(self.jobs[2], self.events[2])
        self.due_now()
        self.assertEqual(self.catch_up(), (self.events, ["idle"]))
        self.check_normal()

    def test_what_has_left_retry_is_waited_for(self):
        self.due_now()
        self.suspend(self.jobs[1], self.events[1])
        self.assertEqual(list(self.failing()), self.events[:1])
        self.due_now()
        (job, _), (cursor_job, _) = self.read(LANE)
        self.assertEqual(self.unchanged_by(lambda: self.next(cursor_job, 1)),
                         ["wait"])
        self.retried(self.events[0], "miss", job, self.events[0], CD, TD)
        self.assertEqual(self.next(cursor_job, 1)[0], self.events[0])

    def test_what_got_lost_is_not_waited_for(self):
        self.due_now()
        self.suspend(self.jobs[1], self.events[1])
        self.due_now()
        _, (cursor_job, _) = self.read(LANE)
        for ms_ago, said in ((59000, "wait"), (60000, self.events[1])):
            self.cursor_mode_since(ms_ago)
            self.assertEqual(self.next(cursor_job, 1)[0], said)

    def test_another_subscription_keeps_its_jobs(self):
        other = "o" * 22
        self.subscription(other)
        event = self.publish()
        (entry, fields), = self.read(LANE)
        self.run_script("settle", "rest", LANE, entry, "-", *(
            word for cd in targets(fields)
            for word in ("retry", event, cd, 1, 0, PROBE_MS, TD)))
        self.suspend(self.jobs[1], self.events[1])
        self.assertEqual(list(self.failing(other)), [event])
        self.assertIn(f"d {event} {other} 1 0".encode(),
                      self.call("ZRANGE", "retry", 0, -1))


class Suspended(CursorTest):
    """The fifth word of `next`."""

    def test_a_turn_tells_whether_it_is_a_probe(self):
        events = [self.suspended_now(), self.publish(), self.publish()]
        self.due_now()
        for event, suspended in zip(events, "100"):
            entry, u, said = self.cursor_job()
            self.assertEqual((said[0], said[4]), (event, suspended))
            self.cursor_done(entry, u, event)

    def test_an_event_of_the_index_may_be_a_probe(self):
        self.renew(ordered=True)
        event = self.publish()
        entry, u, said = self.cursor_job()
        self.assertEqual(said, [event, "0", "-", "-", "0", "0"])
        self.cursor_suspend(entry, u)
        self.due_now()
        self.assertEqual(self.cursor_job()[2], [event, "0", "-", "-", "1", "0"])

    def test_an_event_behind_a_gap_may_be_a_probe(self):
        self.renew(ordered=True)
        events = [self.publish(), self.publish()]
        entry, u, _ = self.cursor_job()
        self.cursor_suspend(entry, u)
        self.forget_index(events[0])
        self.due_now()
        self.assertEqual(self.cursor_job()[2],
                         [events[1], "1", "0-0", events[1], "1", "0"])


if __name__ == "__main__":
    unittest.main()
