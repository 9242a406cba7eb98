"""Cursor mode: suspended subscriptions get what they missed, one event at a
time, every event once."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, NO_PARTS, PROBE_MS, CursorTest
from support.scripts import CALLBACK, CD, TD, TOPIC

OTHER = "o" * 22
FIRST = "#" * 22  # in the index


class Suspend(CursorTest):
    def test_cursor_mode_begins_behind_the_index(self):
        before = self.now_ms()
        event = self.suspended_now()
        self.assertEqual(self.cursor(), {
            "u": 1, "mode": "run", "cursor": event, "n": 0,
            "parts": NO_PARTS})
        self.assertEqual((self.missed(), self.flag()), ([event], "f"))
        self.assertTrue(self.is_suspended())
        self.assertFalse(self.exists("refs"))
        member, due = self.call("ZRANGE", "retry", 0, -1, "WITHSCORES")
        self.assertEqual(member, f"f {TD} {CD} 1 0 0".encode())
        self.assertTrue(before + 60000 <= int(due) <= self.now_ms() + 60000)

    def test_the_topic_is_told_by_its_text(self):
        self.call("DEL", f"topic:{TD}")
        self.suspended_now()
        self.assertEqual(self.hash(f"topic:{TD}"), {b"t": TOPIC.encode()})

    def test_of_a_level_that_is_the_levels(self):
        for c, topic in ((CD, b"a.b.c"), (CD + ":1", b"a.b"),
                         (CD + ":2", b"a"), (CD + ":*", b"*")):
            for has_left in (False, True):
                with self.subTest(c=c, has_left=has_left):
                    super().setUp()
                    self.call("DEL", f"topic:{TD}")
                    event = self.event(topic="a.b.c")
                    self.call("XADD", LANE, "*", "e", event, "c", c)
                    if has_left:
                        self.call("HSET", f"kept:{event}", "t", "a.b.c")
                        self.call("DEL", "log")
                    self.suspend(self.claim()[0], event, c)
                    self.assertEqual(self.hash(f"topic:{TD}"), {b"t": topic})

    def test_a_replay_stays_one(self):
        event = self.publish()
        self.suspend(self.claim()[0], event, CD + "!")
        self.assertTrue(self.is_suspended())
        self.due_now()
        entry, _ = self.claim()
        self.assertEqual(self.next(entry, 1),
                         [event, "0", "-", "-", "1", "1"])

    def test_the_second_worker_finds_it_in_cursor_mode(self):
        one, two = self.publish(), self.publish()
        (a, _), (b, _) = self.read(LANE)
        self.suspend(a, one)
        state = self.cursor()
        self.assertEqual(self.suspend(b, two), 1)
        self.assertEqual((self.cursor(), self.missed()), (state, [one, two]))
        self.assertEqual(self.call("ZCARD", "retry"), 1)

    def test_a_repeated_call_changes_nothing(self):
        event = self.publish()
        entry, _ = self.claim()
        self.suspend(entry, event)
        self.assertEqual(
            self.unchanged_by(lambda: self.suspend(entry, event)), 0)

    def test_an_index_that_has_gone_counts_on(self):
        self.suspended_now()
        self.publish()
        self.due_now()
        self.catch_up()
        event = self.publish()
        entry, _ = self.claim()
        self.call("DEL", f"events:{TD}")
        self.suspend(entry, event)
        self.assertEqual((self.cursor()["cursor"], self.cursor()["n"]),
                         (event, 1))
        later = self.publish()
        self.due_now()
        self.assertEqual(self.catch_up(), ([event, later], ["idle"]))
        self.assertEqual(self.gaps(), [])

    def test_of_a_subscription_that_has_ended_the_job_comes_again(self):
        """For deliver to look at the levels above."""
        event = self.publish()
        entry, _ = self.claim()
        self.end_subscription()
        self.suspend(entry, event)
        self.assertIsNone(self.cursor())
        self.assertFalse(self.exists("suspended") or self.exists("retry"))
        self.assertEqual(self.claim()[1], {"e": event, "c": CD})


class CursorMode(CursorTest):
    def test_events_cost_nothing_and_come_in_order(self):
        first = self.suspended_now()
        later = [self.publish() for _ in range(5)]
        self.assertEqual(self.posted(), [])
        self.due_now()
        self.assertEqual(self.catch_up(), ([first, *later], ["idle"]))
        self.check_normal()
        self.assertEqual(self.flag(), "-")
        self.publish()
        self.assertEqual(self.posted(), [CD])

    def test_the_first_success_ends_the_suspension_not_cursor_mode(self):
        first, later = self.suspended_now(), self.publish()
        self.due_now()
        entry, u, said = self.cursor_job()
        self.assertEqual(said, [first, "0", "-", "-", "1", "0"])
        self.cursor_done(entry, u, first)
        self.assertFalse(self.is_suspended())
        self.assertEqual((self.flag(), self.cursor()["u"]), ("c", 2))
        self.assertEqual(self.catch_up()[0], [later])

    def test_jobs_on_their_way_become_missed_and_go_first(self):
        events = [self.publish() for _ in range(3)]
        jobs = [entry for entry, _ in self.read(LANE)]
        self.suspend(jobs[1], events[1])
        newer = self.publish()
        self.miss(jobs[2], events[2])
        self.miss(jobs[0], events[0])
        self.assertFalse(self.exists("refs"))
        self.due_now()
        self.assertEqual(self.catch_up()[0], events + [newer])
        self.check_normal()

    def test_a_probe_that_fails_comes_again(self):
        event = self.suspended_now()
        self.due_now()
        entry, u, _ = self.cursor_job()
        since = self.call("ZSCORE", "suspended", f"{TD}:{CD}")
        self.assertEqual(self.cursor_suspend(entry, u, n=3, k=1), 1)
        self.assertEqual(self.call("ZSCORE", "suspended", f"{TD}:{CD}"),
                         since)
        self.assertEqual(self.unchanged_by(
            lambda: self.cursor_suspend(entry, u, n=3, k=1)), 0)
        self.due_now()
        entry, fields = self.claim()
        self.assertEqual((fields["u"], fields["n"], fields["k"]),
                         ("1", "3", "1"))
        self.assertEqual(self.next(entry, 1)[0], event)

    def test_a_miss_after_cursor_mode_has_ended_comes_again_as_a_job(self):
        events = [self.publish(), self.publish()]
        jobs = [entry for entry, _ in self.read(LANE)]
        self.suspend(jobs[0], events[0])
        self.due_now()
        self.assertEqual(self.catch_up()[0], events[:1])
        self.assertEqual(self.miss(jobs[1], events[1]), 1)
        self.assertEqual(self.claim()[1], {"e": events[1], "c": CD})
        self.assertEqual(self.hash("refs"), {events[1].encode(): b"1"})

    def test_one_that_began_before_goes_by_missed(self):
        """It is not in the index, and its pages come after a later event."""
        self.subscribe(FIRST)
        first, early = self.publish(), self.event()
        self.assertEqual(self.post_page(early, 1), (1, 0))
        (entry, _), = self.read(LANE)
        self.run_script("settle", "rest", LANE, entry, "-", "suspend", first,
                        CD, 0, 0, PROBE_MS, TD, "done", first, 1)
        later = self.publish()
        self.assertEqual(self.post_page(early), (1, 1))
        self.assertEqual(self.hash(f"topic:{TD}")[b"n"], b"1")
        for lane in (LANE, "bulk"):
            for entry, fields in self.read(lane):
                word = "miss" if fields[b"c"] == CD.encode() else "done"
                self.run_script("settle", "job", lane, entry, word,
                                fields[b"e"], *({"miss": (CD, TD),
                                                 "done": (1,)}[word]))
        self.assertEqual(self.missed(), [first, early])
        self.due_now()
        self.assertEqual(self.catch_up(), ([first, early, later], ["idle"]))
        self.assertEqual(self.gaps(), [])
        self.check_normal()

    def test_ids_of_any_size_keep_their_order(self):
        ids = ["9-9", "9-10", "10-0", "99-5", "100-18446744073709551615"]
        for event in ids:
            self.publish(event)
        jobs = [entry for entry, _ in self.read(LANE)]
        self.suspend(jobs[4], ids[4])
        for at in (2, 0, 3, 1):
            self.miss(jobs[at], ids[at])
        self.assertEqual(self.missed(), ids)
        self.due_now()
        self.assertEqual(self.catch_up()[0], ids)

    def test_another_subscription_is_not_touched(self):
        self.subscription(OTHER)
        event = self.publish()
        (entry, _), = self.read(LANE)
        self.assertEqual(self.run_script(
            "settle", "rest", LANE, entry, "-",
            "suspend", event, CD, 0, 0, PROBE_MS, TD, "done", event, 1), 2)
        self.publish()
        self.assertEqual(self.posted()[-1], OTHER)
        self.assertEqual((self.flag(OTHER), self.cursor(OTHER)), ("-", None))


class Turns(CursorTest):
    """A cursor job is done once, however often it is asked for or settled."""

    def setUp(self):
        super().setUp()
        self.first = self.suspended_now()
        self.second = self.publish()
        self.due_now()
        self.entry, self.u, _ = self.cursor_job()

    def test_next_may_be_asked_again(self):
        said = [self.first, "0", "-", "-", "1", "0"]
        self.assertEqual(self.unchanged_by(
            lambda: self.next(self.entry, self.u)), said)
        self.assertEqual(self.pending(LANE), [self.entry])

    def test_a_repeated_step_changes_nothing(self):
        self.cursor_done(self.entry, self.u, self.first)
        self.assertEqual(self.unchanged_by(
            lambda: self.cursor_done(self.entry, self.u, self.first)), 0)

    def test_a_stale_turn_is_only_acknowledged(self):
        self.cursor_done(self.entry, self.u, self.first)
        acts = {
            "next": lambda e: self.assertEqual(self.next(e, 1), []),
            "step": lambda e: self.cursor_done(e, 1, self.first),
            "lost": lambda e: self.cursor_done(e, 1, self.first, count=0),
            "wait": lambda e: self.cursor_suspend(e, 1),
            "bury": lambda e: self.cursor_dead(e, 1, self.first),
        }
        for name, act in acts.items():
            with self.subTest(act=name):
                state = self.cursor()
                self.call("XADD", LANE, "*", "f", TD, "c", CD, "u", 1)
                for entry, fields in self.read(LANE):
                    if fields[b"u"] == b"1":
                        act(entry)
                        self.assertNotIn(entry, self.pending(LANE))
                self.assertEqual(self.cursor(), state)
                self.assertFalse(self.exists("retry"))
                self.assertFalse(self.exists("refs"))
                self.assertEqual((self.entries("dead"), self.gaps(),
                                  self.is_suspended()), ([], [], False))

    def test_an_entry_that_another_has_settled_has_no_event(self):
        self.cursor_retry(self.entry, self.u)
        self.assertEqual(self.unchanged_by(
            lambda: self.next(self.entry, self.u)), [])

    def test_a_buried_event_is_a_letter_and_holds_its_content(self):
        self.call("ZADD", "suspended", 5, f"{TD}:{CD}")
        self.assertEqual(self.cursor_dead(self.entry, self.u, self.first), 1)
        (_, letter), = self.entries("dead")
        self.assertEqual(letter, {
            b"v": b"1", b"e": self.first.encode(), b"t": TOPIC.encode(),
            b"c": CD.encode(), b"cb": CALLBACK.encode(), b"n": b"8",
            b"why": b"why"})
        self.assertEqual(self.hash("refs"), {self.first.encode(): b"1"})
        self.assertTrue(self.is_suspended())
        self.unchanged_by(lambda: self.cursor_dead(self.entry, self.u, self.first))
        self.assertEqual(self.catch_up()[0], [self.second])

    def test_a_buried_event_that_is_replayed_becomes_missed(self):
        self.cursor_dead(self.entry, self.u, self.first)
        self.run_script("letters", "replay", "all", "", "-", 10)
        cursor_job, job = self.read(LANE)
        self.assertEqual(job[1], {b"e": self.first.encode(),
                                  b"c": CD.encode()})
        self.miss(job[0], self.first)
        self.assertFalse(self.exists("refs"))
        self.assertEqual(self.next(cursor_job[0], 2)[0], self.first)


class Gaps(CursorTest):
    def setUp(self):
        super().setUp()
        self.first = self.suspended_now()
        self.events = [self.publish() for _ in range(6)]
        self.due_now()
        entry, u, _ = self.cursor_job()
        self.cursor_done(entry, u, self.first)

    def gap(self, start, end, count):
        return (TD, CD, start, end, str(count))

    def test_a_gap_is_exact_and_told_once(self):
        self.forget_index(*self.events[:4])
        entry, u, said = self.cursor_job()
        self.assertEqual(said, [self.events[4], "4", self.first,
                                self.events[4], "0", "0"])
        self.assertEqual(self.gaps(),
                         [self.gap(self.first, self.events[4], 4)])
        self.assertEqual(self.unchanged_by(lambda: self.next(entry, u)),
                         [self.events[4], "0", "-", "-", "0", "0"])
        self.cursor_done(entry, u, self.events[4])
        self.assertEqual(self.catch_up(), ([self.events[5]], ["idle"]))
        self.assertEqual(len(self.gaps()), 1)

    def test_what_leaves_while_its_turn_waits_is_told_too(self):
        entry, u, said = self.cursor_job()
        self.assertEqual(said[0], self.events[0])
        self.cursor_retry(entry, u)
        self.forget_index(*self.events[:2])
        self.due_now()
        self.assertEqual(self.cursor_job()[2],
                         [self.events[2], "2", self.first, self.events[2],
                          "0", "0"])

    def test_nothing_is_left_of_what_was_due(self):
        self.call("DEL", f"events:{TD}")
        entry, u, said = self.cursor_job()
        self.assertEqual(said, ["idle", "6", self.first, "-"])
        self.assertEqual(self.gaps(), [self.gap(self.first, "-", 6)])
        self.assertEqual(self.unchanged_by(lambda: self.next(entry, u)), [])
        self.check_normal()
        self.assertEqual(self.flag(), "-")

    def test_content_that_has_left_is_a_gap_of_one(self):
        self.call("ZADD", "suspended", 5, f"{TD}:{CD}")
        entry, u, said = self.cursor_job()
        self.cursor_done(entry, u, said[0], count=0)
        self.assertEqual(self.gaps(), [self.gap(said[0], said[0], 1)])
        self.assertTrue(self.is_suspended())
        self.assertEqual(self.catch_up()[0], self.events[1:])

    def test_a_step_whose_event_has_left_the_index_counts_one(self):
        entry, u, said = self.cursor_job()
        self.forget_index(said[0])
        self.cursor_done(entry, u, said[0])
        self.assertEqual((self.cursor()["cursor"], self.cursor()["n"]),
                         (said[0], 1))
        self.assertEqual(self.catch_up()[0], self.events[1:])
        self.assertEqual(self.gaps(), [])

    def test_the_newest_gaps_are_kept(self):
        for n in range(1300):
            self.call("XADD", "gaps", "*", "n", n)
        self.forget_index(self.events[0])
        self.cursor_job()
        kept = self.entries("gaps")
        self.assertTrue(1000 <= len(kept) < 1200, len(kept))
        self.assertEqual(kept[-1][1][b"n"], b"1")


if __name__ == "__main__":
    unittest.main()
