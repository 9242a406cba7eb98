"""Cursor mode: the fan-out of events goes on while cursor jobs pass them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.scripts import CD, TD


class FanOut(CursorTest):
    PLACE = 200  # behind the first page

    def setUp(self):
        super().setUp()
        self.call("DEL", "subs:")
        self.subscribe(*("#%021d" % n for n in range(self.PLACE)))
        self.subscription(flags="-")
        event = self.event()
        self.call("XADD", LANE, "*", "e", event, "c", CD)
        self.call("HINCRBY", "refs", event, 1)
        self.call("HSET", "fanout", event, "done")
        self.call("XACK", "log", "spread", event)
        entry, _ = self.claim()
        self.suspend(entry, event)
        self.due_now()
        self.entry, self.u, self.first = *self.cursor_job()[:2], event

    def recover(self):
        self.cursor_done(self.entry, self.u, self.first)

    def begin(self):
        event = self.event()
        self.assertEqual(self.post_page(event)[1], 0)
        return event

    def jobs_of(self, event):
        """How many jobs the subscription has for the event."""
        return self.posted(event).count(CD)

    def take_job(self, event, word):
        (entry,) = [entry for entry, fields in self.read("bulk", 1000)
                    if fields[b"c"] == CD.encode()]
        self.run_script("settle", "job", "bulk", entry, word, event, CD,
                        *([0, 0, 0] if word == "suspend" else []), TD)

    def test_a_turn_may_be_before_the_fan_out(self):
        event = self.begin()
        self.recover()
        self.assertEqual(self.deliver(), event)
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 0)
        self.assertEqual(self.deliver(), "idle")
        self.assertIsNone(self.cursor())

    def test_cursor_mode_goes_on_until_the_fan_out_has_passed(self):
        event = self.begin()
        self.recover()
        self.assertEqual(self.deliver(), event)
        self.assertEqual(self.deliver(), "idle")
        self.assertEqual((self.cursor()["mode"], self.flag()), ("idle", "c"))
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 0)
        self.assertEqual(self.deliver(), "idle")
        self.assertEqual((self.cursor(), self.flag()), (None, "-"))

    def test_a_fan_out_is_not_forgotten_however_many_events_pass_it(self):
        """All the others are fanned out to the end."""
        event = self.begin()
        for n in range(3, 203):
            other = self.event()
            self.call("XADD", f"events:{TD}", other, "n", n)
            self.call("HSET", f"topic:{TD}", "n", n)
            self.call("HSET", "fanout", other, "done")
        self.recover()
        self.assertEqual(len(self.deliver_all()), 201)
        self.assertEqual(self.cursor()["mode"], "idle")
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 0)
        self.assertEqual((self.deliver(), self.cursor()), ("idle", None))

    def test_what_comes_meanwhile_has_a_job(self):
        event = self.begin()
        self.recover()
        self.deliver_all()
        other = self.begin()
        self.finish(other)
        self.assertEqual(self.jobs_of(other), 1)
        self.assertEqual((self.deliver(), self.cursor()["mode"]),
                         ("idle", "idle"))
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 0)

    def test_what_was_begun_before_the_recovery_has_a_cursor_job(self):
        """And what was begun after it a job."""
        before = self.begin()
        self.recover()
        after = self.begin()
        self.finish(after)
        self.finish(before)
        self.assertEqual((self.jobs_of(before), self.jobs_of(after)), (0, 1))
        self.assertEqual(self.deliver(), before)
        self.assertEqual(self.deliver(), "idle")
        self.assertIsNone(self.cursor())

    def test_suspended_again_while_idle_it_is_probed(self):
        event = self.begin()
        self.recover()
        self.deliver_all()
        other = self.begin()
        self.finish(other)
        self.deliver_all()
        self.assertEqual(self.cursor()["mode"], "idle")
        self.take_job(other, "suspend")
        self.assertEqual((self.cursor()["mode"], self.flag()), ("run", "f"))
        self.assertEqual(self.call("ZCARD", "retry"), 1)
        self.due_now()
        self.assertEqual(self.deliver(), other)
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 0)

    def test_the_parts_stay_until_their_fan_outs_have_passed(self):
        """Suspended again with one event before and one between under way,
        of which one has a cursor job and the other a job."""
        cursor_job, last = self.begin(), self.begin()
        self.recover()
        job = self.begin()
        self.finish(last)
        entry, fields = [each for each in self.read(LANE, 1000)
                         if b"f" in each[1]][0]
        self.cursor_suspend(entry, fields[b"u"])
        again = self.begin()
        self.due_now()
        self.assertEqual([self.deliver() for _ in range(3)],
                         [cursor_job, last, again])
        self.assertNotIn("-", self.cursor()["parts"])
        self.assertEqual(self.deliver(), "idle")
        self.assertEqual((self.cursor()["mode"], self.flag()), ("idle", "f"))
        for event in (again, cursor_job, job):
            self.finish(event)
        self.assertEqual([self.jobs_of(event) for event in
                          (cursor_job, last, job, again)], [0, 0, 1, 0])
        self.take_job(job, "miss")
        self.assertEqual(self.deliver(), job)
        self.assertEqual(self.deliver(), "idle")
        self.assertEqual((self.cursor(), self.flag()), (None, "-"))

    def test_what_begins_in_the_middle_gets_a_job(self):
        self.recover()
        self.assertEqual(self.deliver(), "idle")
        event = self.begin()
        self.renew(ordered=True)
        self.assertFalse(self.call("XRANGE", f"events:{TD}", event, event))
        self.finish(event)
        self.assertEqual(self.jobs_of(event), 1)


if __name__ == "__main__":
    unittest.main()
