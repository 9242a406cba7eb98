"""Backfill: a subscription that recovered gets missed events by cursor jobs and
what comes by jobs; also when it is suspended again."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, NO_PARTS, PROBE_MS, CursorTest
from support.scripts import CD, TD


class CatchingUp(CursorTest):
    """A subscription that missed four events and answered the probe."""

    def setUp(self):
        super().setUp()
        self.missing = [self.suspended_now()] + [self.publish()
                                                 for _ in range(3)]
        self.due_now()
        self.deliver()

    def suspend_again(self):
        """A job fails so often that it suspends the subscription; returns its
        event."""
        event = self.publish()
        (entry, _), = [each for each in self.read(LANE)
                       if each[1].get(b"e") == event.encode()]
        self.assertEqual(self.suspend(entry, event), 1)
        return event

    def done(self, event, entry):
        self.settle("done", entry, event, 1)

    def jobs(self):
        """The events that have jobs."""
        return [fields[b"e"].decode() for lane in (LANE, "bulk")
                for _, fields in self.entries(lane) if b"e" in fields]

    def place(self, event, n):
        return f"{event}:{n}"


class Recovered(CatchingUp):
    def test_it_is_in_backfill_up_to_the_first_success(self):
        self.assertEqual(self.cursor()["parts"],
                         [self.place(self.missing[3], 3), "-"])
        self.assertEqual((self.flag(), self.is_suspended()), ("c", False))

    def test_what_comes_now_has_jobs(self):
        new = [self.publish() for _ in range(3)]
        self.assertEqual(self.jobs(), new)
        (cursor_job, fields), *jobs = self.read(LANE)
        for entry, job in jobs:
            self.done(job[b"e"], entry)
        self.assertEqual(self.next(cursor_job, fields[b"u"])[0],
                         self.missing[1])
        self.cursor_done(cursor_job, fields[b"u"], self.missing[1])
        self.assertEqual(self.deliver_all(), self.missing[2:])
        self.check_normal()
        self.assertEqual(self.flag(), "-")

    def test_a_later_success_moves_nothing(self):
        parts = self.cursor()["parts"]
        self.publish()
        self.deliver()
        self.assertEqual(self.cursor()["parts"], parts)

    def test_jobs_that_fail_hold_up_no_cursor_job(self):
        event = self.publish()
        cursor_job, job = self.read(LANE)
        self.retry(job[0], event)
        self.assertEqual(list(self.failing()), [event])
        self.assertEqual(self.next(cursor_job[0], cursor_job[1][b"u"])[0],
                         self.missing[1])

    def test_a_gap_ends_where_the_turns_end(self):
        new = self.publish()
        self.forget_index(*self.missing[1:])
        cursor_job, _ = self.read(LANE)
        self.assertEqual(self.next(cursor_job[0], cursor_job[1][b"u"]),
                         ["idle", "3", self.missing[0], "-"])
        self.assertEqual(self.jobs(), [new])
        self.assertIsNone(self.cursor())

    def test_content_that_has_left_is_no_success(self):
        CursorTest.setUp(self)
        self.suspended_now()
        self.due_now()
        entry, u, said = self.cursor_job()
        self.cursor_done(entry, u, said[0], count=0)
        self.assertEqual((self.flag(), self.cursor()["parts"]),
                         ("f", NO_PARTS))

    def test_a_renewal_changes_nothing(self):
        state = self.cursor()
        self.renew(ordered=False)
        self.assertEqual((self.cursor(), self.flag()), (state, "c"))

    def test_ordered_from_now_on(self):
        new = self.publish()
        self.renew(ordered=True)
        self.assertEqual((self.cursor()["parts"], self.flag()),
                         ([self.place(self.missing[3], 3),
                           self.place(new, 4)], "o"))
        newer = self.publish()
        self.assertEqual(self.jobs(), [new])
        cursor_job, job = self.read(LANE)
        self.miss(job[0], new)
        u = cursor_job[1][b"u"]
        event = self.next(cursor_job[0], u)[0]
        self.cursor_done(cursor_job[0], u, event)
        self.assertEqual([event, *self.deliver_all()],
                         [new, *self.missing[1:], newer])
        self.assertEqual((self.cursor()["mode"], self.cursor()["parts"]),
                         ("idle", NO_PARTS))
        self.renew(ordered=False)
        self.assertEqual((self.cursor(), self.flag()), (None, "-"))

    def test_ordered_no_more_catches_up_too(self):
        CursorTest.setUp(self)
        self.renew(ordered=True)
        events = [self.publish(), self.publish()]
        self.renew(ordered=False)
        self.assertEqual(self.deliver(), events[0])
        self.assertEqual(self.flag(), "c")
        new = self.publish()
        self.assertEqual(self.jobs(), [new])


class SuspendedAgain(CatchingUp):
    def setUp(self):
        super().setUp()
        self.sent = self.publish()
        (self.turn_entry, fields), (job, _) = self.read(LANE)
        self.u = fields[b"u"]
        self.done(self.sent, job)
        self.failed = self.suspend_again()

    def test_what_comes_now_has_turns_again(self):
        self.publish()
        self.assertEqual(self.read(LANE), [])
        self.assertEqual(self.cursor()["parts"],
                         [self.place(self.missing[3], 3),
                          self.place(self.failed, 5)])
        self.assertEqual((self.flag(), self.is_suspended()), ("f", True))

    def test_there_is_one_cursor_job(self):
        self.assertFalse(self.exists("retry"))
        self.assertEqual(self.cursor()["u"], int(self.u))

    def test_all_arrive_once_by_two_parts(self):
        later = [self.publish() for _ in range(2)]
        self.assertEqual(self.next(self.turn_entry, self.u)[0], self.failed)
        self.cursor_done(self.turn_entry, self.u, self.failed)
        self.assertEqual((self.flag(), self.is_suspended()), ("f", False))
        later.append(self.publish())
        got = [self.deliver() for _ in range(3)]
        self.assertEqual(got, self.missing[1:])
        self.assertEqual((self.deliver(), self.flag()), (later[0], "c"))
        self.assertEqual(self.cursor()["parts"],
                         [self.place(later[2], 8), "-"])
        self.assertEqual(self.deliver_all(), later[1:])
        self.assertEqual(self.gaps(), [])
        self.check_normal()

    def test_a_third_time_moves_nothing(self):
        parts = self.cursor()["parts"]
        entry, u = self.turn_entry, self.u
        self.cursor_suspend(entry, u)
        self.assertEqual((self.cursor()["parts"], self.flag()), (parts, "f"))

    def test_a_job_of_before_becomes_missed(self):
        self.call("XADD", LANE, "*", "e", self.sent, "c", CD)
        (job, _), = self.read(LANE)
        state = self.cursor()
        self.assertEqual(self.suspend(job, self.sent), 1)
        self.assertEqual((self.cursor(), self.missed()),
                         (state, [self.sent, self.failed]))

    def test_gaps_are_exact_on_both_sides(self):
        later = [self.publish() for _ in range(3)]
        self.forget_index(self.missing[2], self.missing[3], later[0])
        said = []
        entry, u = self.turn_entry, self.u
        while True:
            answer = self.next(entry, u)
            said.append(answer[:4])
            if answer[0] == "idle":
                break
            self.cursor_done(entry, u, answer[0])
            (entry, fields), = self.read(LANE)
            u = fields[b"u"]
        none = ["0", "-", "-"]
        self.assertEqual(said, [
            [self.failed, *none], [self.missing[1], *none],
            [later[1], "3", self.missing[1], later[1]],
            [later[2], *none], ["idle"]])
        self.assertEqual(self.gaps(), [
            (TD, CD, self.missing[1], "-", "2"),
            (TD, CD, self.failed, later[1], "1")])

    def test_without_any_index_only_turns_are_gaps(self):
        for _ in range(2):
            self.publish()
        self.cursor_done(self.turn_entry, self.u, self.failed)
        self.call("DEL", f"events:{TD}")
        (entry, fields), = self.read(LANE)
        self.assertEqual(self.next(entry, fields[b"u"])[:2], ["idle", "5"])
        self.assertIsNone(self.cursor())


class SuspendedByATurn(CatchingUp):
    def test_a_turn_that_fails_suspends_again(self):
        sent = self.publish()
        cursor_job, job = self.read(LANE)
        self.retry(job[0], sent)
        u = cursor_job[1][b"u"]
        self.cursor_suspend(cursor_job[0], u, delay_ms=PROBE_MS)
        self.assertEqual((self.flag(), self.is_suspended(), self.missed()),
                         ("f", True, [sent]))
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1),
                         [f"f {TD} {CD} {u.decode()} 1 0".encode()])
        self.unchanged_by(lambda: self.cursor_suspend(cursor_job[0], u))
        self.publish()
        self.assertEqual(self.jobs(), [])

    def test_by_a_job_while_its_turn_waits(self):
        cursor_job, = self.read(LANE)
        self.cursor_retry(cursor_job[0], cursor_job[1][b"u"],
                          delay_ms=PROBE_MS)
        event = self.suspend_again()
        self.assertEqual(self.call("ZCARD", "retry"), 1)
        self.due_now()
        self.assertEqual(self.deliver_all(), [event, *self.missing[1:]])


if __name__ == "__main__":
    unittest.main()
