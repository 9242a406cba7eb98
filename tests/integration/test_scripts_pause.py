"""pause: a subscription that an operator has paused, at every step of its jobs and
of cursor mode; and that it goes on when resumed."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.keys import digest
from support.redis import RedisError
from support.scripts import CALLBACK, CD, TD, TOPIC, FullRedis


EVERY = digest("*")


class PauseTest(CursorTest):
    def pause(self, order="pause", cd=CD):
        return self.run_script("pause", TD, cd, TOPIC, order, "-")

    def resume(self):
        return self.pause("resume")

    def paused_since(self):
        since = self.call("ZSCORE", "paused", f"{TD}:{CD}")
        return since and int(since)

    def check_paused(self, flag="f"):
        self.assertIsNotNone(self.paused_since())
        self.assertEqual((self.cursor()["mode"], self.flag()),
                         ("paused", flag))

    def check_over(self, flag="-"):
        self.assertIsNone(self.paused_since())
        self.assertEqual(self.flag(), flag)

    def nothing_waits(self):
        self.assertEqual(self.read(LANE), [])
        self.assertFalse(self.exists("retry"))


class Pause(PauseTest):
    def test_there_is_no_such_subscription(self):
        self.assertEqual(self.unchanged_by(lambda: self.pause(cd="x" * 22)), 0)
        self.assertEqual(self.unchanged_by(
            lambda: self.pause("resume", "x" * 22)), 0)

    def test_a_record_of_another_version_stays(self):
        self.write_record(f"2 9999999999 3600 1 - {CALLBACK} -")
        self.assertEqual(self.unchanged_by(self.pause), 0)

    def test_repeated_it_changes_nothing(self):
        before = self.now_ms()
        self.assertEqual(self.pause(), 1)
        self.check_paused()
        self.assertTrue(before <= self.paused_since() <= self.now_ms())
        self.assertEqual(self.unchanged_by(self.pause), 1)
        self.assertEqual(self.resume(), 1)
        self.assertEqual(self.unchanged_by(self.resume), 1)

    def test_one_that_is_not_paused_is_not_resumed(self):
        self.assertEqual(self.unchanged_by(self.resume), 1)

    def test_what_comes_waits_and_then_arrives_in_order(self):
        self.pause()
        events = [self.publish() for _ in range(5)]
        self.nothing_waits()
        self.resume()
        self.check_over("f")
        self.assertEqual(self.deliver_all(), events)
        self.check_normal()
        self.check_over()

    def test_without_anything_missed_it_is_as_before(self):
        self.pause()
        self.resume()
        self.assertEqual(self.deliver_all(), [])
        self.check_normal()
        self.check_over()

    def test_what_was_queued_becomes_missed(self):
        events = [self.publish() for _ in range(3)]
        self.pause()
        for entry, fields in self.read(LANE):
            self.miss(entry, fields[b"e"].decode())
        self.assertEqual(self.missed(), events)
        self.nothing_waits()
        self.assertFalse(self.exists("refs"))
        last = self.publish()
        self.resume()
        self.assertEqual(self.deliver_all(), [*events, last])
        self.check_normal()

    def test_what_waits_for_another_attempt_becomes_missed_at_once(self):
        event = self.publish()
        entry, _ = self.claim()
        self.retry(entry, event)
        self.pause()
        self.assertEqual((self.missed(), self.failing()), ([event], {}))
        self.nothing_waits()
        self.assertFalse(self.exists("refs"))

    def test_what_fails_meanwhile_comes_in_its_order(self):
        """The attempt was under way when it was paused."""
        event = self.publish()
        entry, _ = self.claim()
        self.pause()
        self.retry(entry, event)
        later = self.publish()
        self.resume()
        self.assertEqual(self.deliver_all(), [event, later])
        self.check_normal()

    def test_what_is_delivered_meanwhile_is_not_missed(self):
        event = self.publish()
        entry, _ = self.claim()
        self.pause()
        self.settle("done", entry, event, 1)
        self.assertEqual(self.missed(), [])

    def test_one_that_fails_too_often_meanwhile_is_not_suspended(self):
        event = self.publish()
        entry, _ = self.claim()
        self.pause()
        self.suspend(entry, event)
        self.assertFalse(self.is_suspended())
        self.assertEqual(self.missed(), [event])
        self.nothing_waits()
        self.check_paused()

    def test_a_renewal_leaves_it_paused(self):
        self.pause()
        for ordered, flag in ((False, "f"), (True, "o"), (False, "f")):
            self.renew(ordered)
            self.check_paused(flag)
            self.nothing_waits()
        event = self.publish()
        self.resume()
        self.assertEqual(self.deliver_all(), [event])
        self.check_normal()

    def test_its_end_takes_the_pause_along(self):
        self.pause()
        self.publish()
        self.end_subscription()
        self.assertFalse(self.exists("paused"))
        self.assertFalse(self.exists(f"cursor:{TD}"))

    def test_its_lease_ends_it(self):
        self.renew(False, lease_s=1)
        self.pause()
        self.write_record(f"1 1 1 9 f {CALLBACK} -")
        self.call("ZADD", "lease", 1, "")
        self.assertEqual(self.sweep()[0], 1)
        self.assertFalse(self.exists("paused"))

    def test_an_event_whose_pages_are_to_come_is_missed(self):
        """Others come before it."""
        self.subscribe(*("!" * 20 + f"{n:02}" for n in range(2)))
        event = self.event()
        self.assertEqual(self.post_page(event, size=2)[1], 0)
        self.pause()
        self.finish(event)
        for entry, fields in self.read(LANE) + self.read("bulk"):
            if fields[b"c"].decode() == CD:
                self.run_script("settle", "job", "bulk", entry, "miss", event,
                                CD, TD)
        self.resume()
        self.assertIn(event, self.deliver_all())


class CursorMode(PauseTest):
    def test_a_suspended_one_is_probed_when_resumed(self):
        event = self.suspended_now()
        self.pause()
        self.check_paused()
        self.assertTrue(self.is_suspended())
        self.due_now()
        entry, fields = self.claim()
        self.assertEqual(self.next(entry, fields["u"]), [])
        self.nothing_waits()
        later = self.publish()
        self.resume()
        entry, u, said = self.cursor_job()
        self.assertEqual((said[0], said[4]), (event, "1"))
        self.cursor_done(entry, u, event)
        self.assertEqual(self.flag(), "c")
        self.assertEqual(self.deliver_all(), [later])
        self.check_normal()

    def test_a_probe_under_way_may_end_well(self):
        """It is not suspended any more, and stays paused."""
        event = self.suspended_now()
        self.due_now()
        entry, u, _ = self.cursor_job()
        self.pause()
        self.cursor_done(entry, u, event)
        self.check_paused()
        self.assertFalse(self.is_suspended())
        self.nothing_waits()
        later = self.publish()
        self.nothing_waits()
        self.resume()
        self.assertEqual(self.deliver_all(), [later])
        self.check_normal()

    def test_or_fail_in_any_way(self):
        for word in ("retry", "suspend", "park"):
            with self.subTest(word):
                self.setUp()
                event = self.suspended_now()
                self.due_now()
                entry, u, _ = self.cursor_job()
                self.pause()
                if word == "park":
                    self.settle_cursor("park", entry, u, event, CD, 0, 0, "h")
                else:
                    self.cursor_retry(entry, u, word=word)
                self.nothing_waits()
                self.assertFalse(self.exists("parked:h"))
                self.resume()
                self.assertEqual(self.deliver_all(), [event])

    def test_an_ordered_one(self):
        self.renew(ordered=True)
        events = [self.publish()]
        self.pause()
        self.check_paused("o")
        entry, fields = self.claim()
        self.assertEqual(self.next(entry, fields["u"]), [])
        events.append(self.publish())
        self.nothing_waits()
        self.resume()
        self.check_over("o")
        self.assertEqual(self.deliver_all(), events)
        self.assertEqual((self.cursor()["mode"], self.flag()), ("idle", "o"))
        events = [self.publish()]
        self.assertEqual(self.deliver_all(), events)

    def test_an_ordered_one_whose_attempt_ends_meanwhile(self):
        """Well, or as a dead letter: the next event waits."""
        for word in ("done", "dead"):
            with self.subTest(word):
                self.setUp()
                self.renew(ordered=True)
                first, second = self.publish(), self.publish()
                entry, u, _ = self.cursor_job()
                self.pause()
                if word == "done":
                    self.cursor_done(entry, u, first)
                else:
                    self.cursor_dead(entry, u, first)
                self.nothing_waits()
                self.resume()
                self.assertEqual(self.deliver_all(), [second])

    def test_one_in_a_backfill(self):
        """What comes now has jobs until it is paused."""
        first = self.suspended_now()
        second = self.publish()
        self.due_now()
        entry, u, _ = self.cursor_job()
        self.cursor_done(entry, u, first)
        third = self.publish()
        self.assertEqual(self.flag(), "c")
        self.pause()
        self.check_paused()
        fourth = self.publish()
        for entry, fields in self.read(LANE):
            if b"f" in fields:
                self.assertEqual(self.next(entry, fields[b"u"]), [])
            else:
                self.miss(entry, fields[b"e"].decode())
        self.nothing_waits()
        self.assertEqual(self.missed(), [third])
        self.resume()
        self.assertEqual(sorted(self.deliver_all()), [second, third, fourth])
        self.check_normal()

    def test_a_gone_one_ends(self):
        event = self.suspended_now()
        self.due_now()
        entry, u, _ = self.cursor_job()
        self.pause()
        self.settle_cursor("gone", entry, u, event, CD, TD, 1)
        self.assertIsNone(self.read_record())
        self.assertFalse(self.exists("paused"))


class Replica(PauseTest):
    flags = "f"

    def order(self, what):
        return self.run_script("pause", EVERY, CD, "*", what, "replica")

    def replicate(self, mode="s", generation=5):
        return self.run_script("replicate", EVERY, CD, mode, generation,
                               f"1 9999999999 3600 {generation} - "
                               f"{CALLBACK} -", 9999999999, 3600)

    def flag_of_replica(self):
        return self.read_record(td=EVERY).decode().split(" ")[4]

    def test_one_on_its_way_arrives_paused(self):
        self.assertEqual(self.order("pause"), 1)
        self.assertEqual(self.replicate(), 1)
        self.assertEqual(self.flag_of_replica(), "f")
        self.publish(tds=("none", EVERY))
        self.assertEqual(self.posted(), [])
        self.assertEqual(self.unchanged_by(self.replicate), 1)
        self.order("resume")
        self.assertEqual([fields[b"f"].decode() for _, fields in
                          self.entries(LANE)], [EVERY])

    def test_or_not_once_it_is_to_go_on(self):
        self.order("pause")
        self.order("resume")
        self.replicate()
        self.assertEqual(self.flag_of_replica(), "-")

    def test_one_that_is_removed_takes_the_pause_along(self):
        self.order("pause")
        self.replicate("u", 6)
        self.assertFalse(self.exists("paused"))


class Damage(PauseTest):
    def test_a_lost_cursor_begins_anew_and_stays_paused(self):
        event = self.publish()
        self.pause()
        entry, _ = self.claim()
        self.call("DEL", f"cursor:{TD}")
        self.miss(entry, event)
        self.check_paused()
        self.nothing_waits()
        self.resume()
        self.assertEqual(self.deliver_all(), [event])

    def test_resumed_without_a_cursor(self):
        self.pause()
        event = self.publish()
        self.call("DEL", f"cursor:{TD}")
        self.resume()
        self.assertEqual(self.deliver_all(), [event])


class Full(FullRedis, PauseTest):
    def test_redis_at_its_limit_refuses_it_whole(self):
        self.full()
        before = self.redis.digests()
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.pause()
        self.assertEqual(self.redis.digests(), before)


if __name__ == "__main__":
    unittest.main()
