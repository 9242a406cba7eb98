"""Cursor mode: cursors do not pass an event whose pages have yet to come to the
subscription."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, NO_PARTS, CursorTest
from support.scripts import CD, TD

BEFORE = "#" * 22  # in the index


class OpenEventTest(CursorTest):
    """Events whose first page has but the subscription before this one."""

    def opened(self):
        event = self.event()
        self.assertEqual(self.post_page(event, 1), (1, 0))
        return event

    def jobs_of(self, event):
        """How many jobs the subscription has for the event."""
        return self.posted(event).count(CD)

    def cursor_jobs(self):
        """How many are in the lane."""
        return sum(b"f" in fields for _, fields in self.entries(LANE))

    def claim_cursor_job(self):
        """Its entry and its number; the others' jobs are done."""
        claimed = self.read(LANE, 1000)
        for entry, fields in claimed:
            if fields.get(b"c") == BEFORE.encode():
                self.settle("done", entry, fields[b"e"], 1)
        (entry, fields), = [each for each in claimed if b"f" in each[1]]
        return entry, fields[b"u"].decode()

    def check_waits(self, flag):
        """Its one cursor job finds nothing that is due."""
        entry, u = self.claim_cursor_job()
        self.assertEqual(self.next(entry, u), ["idle"])
        self.assertEqual(self.unchanged_by(lambda: self.next(entry, u)), [])
        self.assertEqual((self.cursor()["mode"], self.flag(),
                          self.cursor_jobs()), ("idle", flag, 0))

    def check_comes_by_cursor_job(self, event):
        """Its page comes, and makes one."""
        self.finish(event, size=1)
        self.assertEqual((self.jobs_of(event), self.cursor_jobs()), (0, 1))

    def check_has_ended(self):
        self.assertEqual((self.cursor(), self.flag(), self.missed(),
                          self.gaps()), (None, "-", [], []))

    def take_job(self, event, word, *words):
        (entry,) = [entry for entry, fields in self.read("bulk", 1000)
                    if fields[b"c"] == CD.encode() and
                    fields[b"e"] == event.encode()]
        self.run_script("settle", "job", "bulk", entry, word, event, CD,
                        *words, TD)


class Ordered(OpenEventTest):
    def setUp(self):
        super().setUp()
        self.renew(ordered=True)
        self.subscribe(BEFORE)

    def test_it_comes_when_its_page_does(self):
        event = self.opened()
        self.assertEqual(self.cursor_jobs(), 0)
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver_all(), [event])
        self.assertEqual((self.cursor()["mode"], self.flag()), ("idle", "o"))

    def test_a_later_event_does_not_pass_it(self):
        first, second = self.opened(), self.publish()
        self.check_waits("o")
        self.check_comes_by_cursor_job(first)
        self.assertEqual(self.deliver_all(), [first, second])

    def test_many_open_ones_come_in_their_order(self):
        events = [self.opened() for _ in range(4)]
        self.finish(events[3], size=1)
        self.check_waits("o")
        self.finish(events[1], size=1)
        self.check_waits("o")
        self.finish(events[0], size=1)
        self.assertEqual([self.deliver() for _ in range(3)],
                         [*events[:2], "idle"])
        self.check_comes_by_cursor_job(events[2])
        self.assertEqual(self.deliver_all(), events[2:])

    def test_one_that_is_under_way_when_the_page_comes_is_enough(self):
        event, later = self.opened(), self.publish()
        entry, u = self.claim_cursor_job()
        self.finish(event, size=1)
        self.assertEqual(self.cursor_jobs(), 1)
        self.assertEqual(self.next(entry, u)[0], event)
        self.cursor_done(entry, u, event)
        self.assertEqual(self.deliver_all(), [later])

    def test_the_page_of_it_alone_counts_not_the_last_one(self):
        self.subscribe("~" * 22)
        event = self.opened()
        self.assertEqual(self.post_page(event, 1), (0, 0))
        self.assertEqual(self.open_events(), {event: CD})
        self.assertEqual(self.deliver_all(), [event])

    def test_not_ordered_any_more_it_gets_all_that_has_passed(self):
        """What it has waited for, and what has come meanwhile."""
        first, second = self.opened(), self.publish()
        self.check_waits("o")
        self.renew(ordered=False)
        self.assertEqual(self.flag(), "f")
        self.check_comes_by_cursor_job(first)
        self.assertEqual(self.deliver_all(), [first, second])
        self.check_has_ended()

    def test_nor_does_it_lose_one_that_has_yet_to_come(self):
        event = self.opened()
        self.renew(ordered=False)
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver_all(), [event])
        self.check_has_ended()

    def test_a_new_subscription_gets_what_is_open_as_a_job(self):
        event = self.opened()
        self.end_subscription()
        self.renew(ordered=True)
        self.assertEqual(self.cursor()["cursor"], event)
        self.finish(event, size=1)
        self.assertEqual((self.jobs_of(event), self.cursor_jobs()), (1, 0))


class SuspendedTest(OpenEventTest):
    """A suspended subscription whose probe is under way."""

    def setUp(self):
        super().setUp()
        self.first = self.suspended_now()
        self.due_now()
        self.entry, self.u = self.claim_cursor_job()
        self.next(self.entry, self.u)
        self.subscribe(BEFORE)

    def recover(self):
        self.cursor_done(self.entry, self.u, self.first)


class Suspended(SuspendedTest):
    def test_the_probe_does_not_wait(self):
        event = self.opened()
        self.assertEqual(self.next(self.entry, self.u)[0], self.first)
        self.recover()
        self.check_waits("c")
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver_all(), [event])
        self.check_has_ended()

    def test_without_a_success_it_stays_suspended_and_waits(self):
        """The content of what it missed had left."""
        event = self.opened()
        self.cursor_done(self.entry, self.u, self.first, count=0)
        self.check_waits("f")
        self.assertTrue(self.is_suspended())
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver(), event)
        self.assertFalse(self.is_suspended())

    def test_a_renewal_while_it_waits_loses_nothing(self):
        event, later = self.opened(), self.publish()
        self.cursor_done(self.entry, self.u, self.first, count=0)
        self.check_waits("f")
        self.renew(ordered=False)
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver_all(), [event, later])

    def test_a_job_that_becomes_missed_ends_the_wait_and_goes_first(self):
        self.opened()
        self.cursor_done(self.entry, self.u, self.first, count=0)
        self.check_waits("f")
        self.call("XADD", LANE, "*", "e", self.first, "c", CD)
        (job, _), = [each for each in self.read(LANE) if b"e" in each[1]]
        self.miss(job, self.first)
        self.assertEqual(self.deliver(), self.first)


class Backfill(SuspendedTest):
    def test_what_has_begun_before_has_a_cursor_job_and_what_begins_a_job(self):
        before = self.opened()
        self.recover()
        after = self.opened()
        self.finish(after, size=1)
        self.assertEqual((self.jobs_of(after), self.cursor_jobs()), (1, 1))
        self.check_waits("c")
        self.check_comes_by_cursor_job(before)
        self.assertEqual(self.deliver_all(), [before])
        self.check_has_ended()

    def test_it_ends_while_an_event_after_its_end_is_open(self):
        self.recover()
        event = self.opened()
        self.assertEqual(self.deliver_all(), [])
        self.check_has_ended()
        self.finish(event, size=1)
        self.assertEqual((self.jobs_of(event), self.cursor_jobs()), (1, 0))

    def test_made_ordered_then_what_is_open_comes_as_it_would_have(self):
        before = self.opened()
        self.recover()
        between = self.opened()
        self.check_waits("c")
        self.renew(ordered=True)
        after = self.opened()
        for event in (after, between, before):
            self.finish(event, size=1)
        self.assertEqual([self.jobs_of(event) for event in
                          (before, between, after)], [0, 1, 0])
        self.assertEqual(self.deliver_all(), [before, after])
        self.take_job(between, "miss")
        self.assertEqual(self.deliver_all(), [between])
        self.assertEqual(self.cursor()["parts"], NO_PARTS)

    def test_what_has_begun_without_anybody_in_cursor_mode_gets_a_job(self):
        self.recover()
        self.assertEqual(self.deliver_all(), [])
        event = self.opened()
        self.assertFalse(self.call("XRANGE", f"events:{TD}", event, event))
        self.renew(ordered=True)
        self.finish(event, size=1)
        self.assertEqual((self.jobs_of(event), self.cursor_jobs()), (1, 0))


class BrokenOff(SuspendedTest):
    """Suspended again with events open before the backfill end, after it, and
    after that."""

    def setUp(self):
        super().setUp()
        self.one, self.two = self.opened(), self.opened()
        self.recover()
        self.between = self.opened()
        entry, u = self.claim_cursor_job()
        self.cursor_suspend(entry, u)
        self.after = self.opened()
        self.due_now()
        self.check_waits("f")
        self.parts = self.cursor()["parts"]

    def test_all_come_once(self):
        self.finish(self.two, size=1)
        self.check_waits("f")
        self.check_comes_by_cursor_job(self.one)
        self.assertEqual([self.deliver() for _ in range(2)],
                         [self.one, self.two])
        self.assertEqual(self.cursor()["parts"], self.parts)
        self.check_waits("f")
        self.assertEqual((self.cursor()["parts"], self.cursor()["cursor"]),
                         (NO_PARTS, self.between))
        self.finish(self.between, size=1)
        self.assertEqual((self.jobs_of(self.between), self.cursor_jobs()),
                         (1, 0))
        self.take_job(self.between, "miss")
        self.assertEqual(self.deliver(), self.between)
        self.check_waits("c")
        self.check_comes_by_cursor_job(self.after)
        self.assertEqual(self.deliver_all(), [self.after])
        self.check_has_ended()

    def test_a_job_of_between_that_suspends_again_is_missed(self):
        self.finish(self.between, size=1)
        self.take_job(self.between, "suspend", 0, 0, 0)
        self.assertEqual(self.cursor()["parts"], self.parts)
        self.assertEqual(self.deliver(), self.between)
        self.check_waits("f")
        for event in (self.one, self.two, self.after):
            self.finish(event, size=1)
        self.assertEqual(self.deliver_all(), [self.one, self.two, self.after])
        self.check_has_ended()

    def test_a_renewal_moves_nothing(self):
        self.renew(ordered=False)
        self.assertEqual((self.cursor()["parts"], self.flag()),
                         (self.parts, "f"))


class SuspendedWhileIdle(SuspendedTest):
    def test_it_is_probed(self):
        """A job of after the backfill end fails while the backfill waits."""
        event = self.opened()
        self.recover()
        self.check_waits("c")
        other = self.publish(size=1)
        self.take_job(other, "suspend", 0, 0, 60000)
        self.assertEqual((self.cursor()["mode"], self.flag()), ("run", "f"))
        self.assertEqual(self.call("ZCARD", "retry"), 1)
        self.due_now()
        self.assertEqual(self.deliver(), other)
        self.check_waits("f")
        self.check_comes_by_cursor_job(event)
        self.assertEqual(self.deliver_all(), [event])
        self.check_has_ended()


if __name__ == "__main__":
    unittest.main()
