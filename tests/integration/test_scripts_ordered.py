"""Following: ordered subscriptions, changes of order, and subscriptions that
end at any step."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, NO_PARTS, CursorTest
from support.scripts import CD, TD, TOPIC, FullRedis


class Ordered(CursorTest):
    def setUp(self):
        super().setUp()
        self.renew(ordered=True)

    def test_it_is_in_cursor_mode_from_its_activation(self):
        self.assertEqual(self.cursor(), {
            "u": 0, "mode": "idle", "cursor": "0-0", "n": 0,
            "parts": NO_PARTS})
        self.assertEqual(self.flag(), "o")

    def test_its_topic_is_told_by_its_text(self):
        self.assertEqual(self.hash(f"topic:{TD}"), {b"t": TOPIC.encode()})

    def test_an_event_posts_one_turn_and_the_next_ones_nothing(self):
        events = [self.publish() for _ in range(3)]
        self.assertEqual([fields for _, fields in self.entries(LANE)],
                         [{b"f": TD.encode(), b"c": CD.encode(), b"u": b"1"}])
        self.assertEqual(self.cursor()["mode"], "run")
        self.assertFalse(self.exists("refs"))
        self.assertEqual(self.catch_up(), (events, ["idle"]))
        self.assertEqual((self.cursor()["mode"], self.flag()), ("idle", "o"))
        self.assertEqual(self.cursor()["cursor"], events[-1])
        last = self.publish()
        self.assertEqual(self.catch_up()[0], [last])

    def test_a_miss_while_idle_posts_a_cursor_job(self):
        event = self.event()
        job = self.call("XADD", LANE, "*", "e", event, "c", CD).decode()
        self.call("HINCRBY", "refs", event, 1)
        self.read(LANE)
        self.assertEqual(self.miss(job, event), 1)
        self.assertEqual(self.cursor()["mode"], "run")
        self.unchanged_by(lambda: self.miss(job, event))
        self.assertEqual(self.catch_up(), ([event], ["idle"]))
        self.assertFalse(self.exists("refs"))

    def test_a_miss_while_running_posts_none(self):
        one, two = self.publish(), self.event()
        job = self.call("XADD", LANE, "*", "e", two, "c", CD).decode()
        (cursor_job, _), _ = self.read(LANE)
        self.miss(job, two)
        self.assertEqual(self.read(LANE), [])
        self.assertEqual(self.next(cursor_job, 1)[0], two)
        self.assertLess(one, two)

    def test_its_suspension_ends_with_a_success_or_with_the_work(self):
        event = self.publish()
        entry, u, _ = self.cursor_job()
        self.cursor_suspend(entry, u)
        self.assertTrue(self.is_suspended())
        self.due_now()
        entry, u, _ = self.cursor_job()
        self.cursor_done(entry, u, event)
        self.assertFalse(self.is_suspended())
        self.call("ZADD", "suspended", 1, f"{TD}:{CD}")
        self.catch_up()
        self.assertFalse(self.is_suspended())
        self.assertEqual(self.flag(), "o")

    def test_suspend_of_an_old_job_is_a_miss(self):
        event = self.event()
        job = self.call("XADD", LANE, "*", "e", event, "c", CD).decode()
        self.read(LANE)
        self.suspend(job, event)
        self.assertEqual((self.missed(), self.flag()), ([event], "o"))
        self.assertEqual(self.catch_up()[0], [event])

    def test_a_page_that_is_asked_for_again_posts_no_second_cursor_job(self):
        event = self.event()
        self.post_page(event)
        self.unchanged_by(lambda: self.post_page(event))

    def test_levels_follow_by_themselves(self):
        self.subscribe("x" * 22, td="own")
        event = self.event()
        self.assertEqual(self.post_page(event, tds=("own", TD)), (1, 1))
        self.assertEqual(self.posted(), ["x" * 22])
        self.assertEqual([fields.get(b"f") for _, fields in
                          self.entries(LANE)].count(TD.encode()), 1)
        self.assertEqual(self.call("XLEN", f"events:{TD}"), 1)
        self.assertFalse(self.exists("events:own"))


class Changes(CursorTest):
    """The rules of a renewal, by the state that it finds."""

    def check(self, mode, flag):
        state = self.cursor()
        self.assertEqual((state and state["mode"], self.flag()),
                         (mode, flag))

    def test_normal_stays_normal(self):
        self.renew(ordered=False)
        self.check(None, "-")

    def test_normal_becomes_ordered_behind_its_jobs(self):
        event = self.publish()
        self.renew(ordered=True)
        self.check("idle", "o")
        self.assertEqual(self.cursor()["cursor"], event)
        entry, _ = self.claim()
        self.miss(entry, event)
        self.assertEqual(self.catch_up()[0], [event])

    def test_ordered_and_idle_becomes_normal(self):
        self.renew(ordered=True)
        self.renew(ordered=False)
        self.check(None, "-")
        self.publish()
        self.assertEqual(self.posted(), [CD])

    def test_ordered_and_running_becomes_normal_when_it_has_caught_up(self):
        self.renew(ordered=True)
        events = [self.publish(), self.publish()]
        self.renew(ordered=False)
        self.check("run", "f")
        self.assertEqual(self.catch_up()[0], events)
        self.check(None, "-")

    def test_suspended_becomes_ordered_and_stays_suspended(self):
        event = self.suspended_now()
        self.renew(ordered=True)
        self.check("run", "o")
        self.assertTrue(self.is_suspended())
        self.assertEqual(self.catch_up()[0], [event])
        self.check("idle", "o")

    def test_a_renewal_makes_the_probe_due_and_the_old_one_worthless(self):
        event = self.suspended_now()
        self.renew(ordered=False)
        entry, number, said = self.cursor_job()
        self.assertEqual((number, said[0]), ("2", event))
        self.due_now()
        self.assertEqual(self.cursor_job()[1:], ("1", []))
        self.assertEqual(self.cursor_done(entry, number, event), 1)

    def test_suspended_stays_suspended(self):
        self.suspended_now()
        self.renew(ordered=False)
        self.check("run", "f")
        self.assertTrue(self.is_suspended())

    def test_ordered_stays_ordered_where_it_is(self):
        self.renew(ordered=True)
        self.publish()
        state = self.cursor()
        self.renew(ordered=True)
        self.assertEqual(self.cursor(), state)
        self.check("run", "o")

    def test_a_request_that_is_not_ordered_replaces_one_that_is(self):
        for ordered in (1, 0):
            self.request_script(ordered=ordered)
        self.assertNotIn(b"o", self.hash(f"request:{TD}:{CD}:s"))

    def test_replicas_are_ordered_as_home_is_in_a_cursor_of_their_shard(self):
        for flag, ours in (("o", "o"), ("f", "-"), ("-", "-")):
            with self.subTest(flag=flag):
                self.setUp()
                record = f"1 9999999999 3600 2 {flag} http://s/ -"
                self.assertEqual(self.run_script(
                    "replicate", TD, CD, "s", 2, record, 9999999999, 60), 1)
                self.assertEqual(self.flag(), ours)
                self.assertEqual(self.cursor() is not None, flag == "o")
        self.suspended_now()
        self.run_script("replicate", TD, CD, "s", 3,
                        "1 9999999999 3600 3 - http://s/ -", 9999999999, 60)
        self.check("run", "f")


class Ends(CursorTest):
    """The subscription ends at each step; nothing of it is left, and nothing
    comes back."""

    def setUp(self):
        super().setUp()
        self.events = [self.suspended_now(), self.publish()]
        self.due_now()

    def check_gone(self):
        self.assertEqual((self.cursor(), self.missed()), (None, []))
        for key in ("suspended", "retry", f"sub:{TD}", "subs:",
                    "refs", f"attempts:{TD}"):
            self.assertFalse(self.exists(key), key)
        self.assertEqual((self.entries(LANE), self.pending(LANE)), ([], []))

    def test_before_the_turn_is_asked_for(self):
        self.end_subscription()
        self.assertEqual(self.cursor_job()[2], [])
        self.check_gone()

    def test_while_the_turn_is_out(self):
        acts = {
            "step": lambda e, u: self.cursor_done(e, u, self.events[0]),
            "lost": lambda e, u: self.cursor_done(e, u, self.events[0], 0),
            "wait": lambda e, u: self.cursor_suspend(e, u),
            "bury": lambda e, u: self.cursor_dead(e, u, self.events[0]),
        }
        for name, act in acts.items():
            with self.subTest(act=name):
                self.setUp()
                entry, u, _ = self.cursor_job()
                self.end_subscription()
                self.assertEqual(act(entry, u), 1)
                self.check_gone()

    def test_while_the_turn_waits(self):
        entry, u, _ = self.cursor_job()
        self.cursor_retry(entry, u)
        self.end_subscription()
        self.due_now()
        self.assertEqual(self.cursor_job()[2], [])
        self.check_gone()

    def test_a_410_of_the_turn_ends_it(self):
        entry, u, _ = self.cursor_job()
        self.assertEqual(
            self.settle_cursor("gone", entry, u, "-", CD, TD, 1), 1)
        self.check_gone()

    def test_a_410_that_a_renewal_overtakes_goes_on(self):
        entry, u, said = self.cursor_job()
        self.renew(ordered=False)
        self.settle_cursor("gone", entry, u, "-", CD, TD, 0)
        self.assertEqual(self.cursor()["u"], 2)
        self.assertEqual(self.catch_up()[0], self.events)
        self.assertEqual(said[0], self.events[0])

    def test_a_new_subscription_does_not_get_the_old_ones_turns(self):
        entry, u, _ = self.cursor_job()
        self.end_subscription()
        self.renew(ordered=True)
        self.cursor_done(entry, u, self.events[0])
        self.assertEqual((self.cursor()["u"], self.cursor()["mode"]),
                         (0, "idle"))
        new = self.publish()
        self.assertEqual(self.catch_up()[0], [new])


class Full(FullRedis, CursorTest):
    """Redis is at its memory limit: what was accepted is still delivered."""

    def test_a_suspension_and_its_end(self):
        events = [self.publish() for _ in range(3)]
        jobs = [entry for entry, _ in self.read(LANE)]
        self.full()
        self.suspend(jobs[0], events[0])
        self.miss(jobs[1], events[1])
        self.miss(jobs[2], events[2])
        self.due_now_when_full()
        entry, u, _ = self.cursor_job()
        self.cursor_retry(entry, u)
        self.due_now_when_full()
        self.assertEqual(self.catch_up()[0], events)
        self.check_normal()

    def due_now_when_full(self):
        limit = self.redis.call("CONFIG", "GET", "maxmemory")[1]
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        for member in self.call("ZRANGE", "retry", 0, -1):
            self.call("ZADD", "retry", 1, member)
        self.redis.call("CONFIG", "SET", "maxmemory", limit)
        self.promote()

    def test_a_gap_is_noted(self):
        self.suspended_now()
        events = [self.publish() for _ in range(3)]
        self.due_now()
        entry, u, said = self.cursor_job()
        self.forget_index(*events[:2])
        self.full()
        self.cursor_done(entry, u, said[0])
        self.assertEqual(self.cursor_job()[2][1], "2")
        self.assertEqual(len(self.gaps()), 1)

    def test_parked_jobs_and_suspects(self):
        event = self.publish()
        entry, _ = self.claim()
        self.full()
        self.assertEqual(self.run_script("crashes", "taken", "a1", LANE, entry),
                         [1])
        self.settle("park", entry, event, CD, 0, 1, "host",
                    "cleared", LANE, entry)
        self.assertEqual(self.run_script("unpark", "host", 5), [1, 0])
        self.assertEqual(self.settle_all(), 1)
        self.assertFalse(self.exists("refs") or self.exists("crashes"))


if __name__ == "__main__":
    unittest.main()
