"""The scripts of the registry alone: who a name belongs to, who lives, and who
removes whom; by several callers, repeated, and out of order."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.redis import RedisError
from support.scripts import ScriptTest

CLUSTER = "websub:{c}:"
TIMEOUT_MS = 5000
HOUR_MS = 3600000
EVENTS = ("events", 1000)


class RegistryTest(ScriptTest):
    def setUp(self):
        self.redis.call("FLUSHALL")
        self.cluster = Cluster(self.redis)

    def run_cluster(self, name, *args):
        return self.redis.call("EVAL", self.texts[name], 1, CLUSTER, *args)

    def register(self, name="one", own=0, role="deliver"):
        """The incarnation, and the one before it."""
        record = json.dumps({"name": name, "role": role, "pid": 1})
        return tuple(int(n) for n in self.run_cluster(
            "register", *EVENTS, name, role, own, record))

    def beat(self, name="one", own=0, role="deliver"):
        """What a heartbeat finds: late, spreaders, next, restart, victims."""
        reply = self.run_cluster("heartbeat", name, role, own, TIMEOUT_MS)
        words = [word.decode() for word in reply[6:]]
        return (*reply[:4], list(zip(words[::3], words[1::3], words[2::3])))

    def deregister(self, name, own, role="deliver"):
        return self.run_cluster("deregister", *EVENTS, name, role, own)

    def bury(self, victim, me, incarnation=0, role="deliver", lock_ms=3000):
        return int(self.run_cluster("bury", victim, role, incarnation, *me,
                                    TIMEOUT_MS, lock_ms))

    def buried(self, victim, incarnation, role="deliver"):
        return self.run_cluster("buried", *EVENTS, victim, role, incarnation)

    def age(self, name="one", ms=HOUR_MS, role="deliver"):
        """Its last heartbeat was so long ago."""
        self.cluster.call("ZADD", "heartbeats:" + role,
                          self.redis.now_ms() - ms, name)

    def lapse(self, victim):
        """The reaper of the victim has been silent for long."""
        words = self.cluster.removing()[victim].split(" ")
        self.cluster.call("HSET", "removing", victim, " ".join(words[:2]) + " 1")

    def assert_fenced(self, act):
        with self.assertRaisesRegex(RedisError, "^FENCED "):
            self.unchanged_by(act)

    def kinds(self):
        return [kind for kind, _ in self.cluster.events()]


class Register(RegistryTest):
    def test_the_first_incarnation_is_the_time(self):
        before_ms = self.redis.now_ms()
        incarnation, previous = self.register()
        self.assertGreaterEqual(incarnation, before_ms)
        self.assertEqual(previous, 0)
        record = self.cluster.records()["one"]
        self.assertEqual((record["v"], record["incarnation"], record["pid"]),
                         (1, incarnation, 1))
        self.assertLess(self.cluster.age_ms("deliver", "one"), 10000)
        self.assertEqual(self.kinds(), ["instance_registered"])

    def test_a_renewal_keeps_it_and_tells_nobody(self):
        own, _ = self.register()
        self.assertEqual(self.register(own=own), (own, 0))
        self.assertEqual(self.kinds(), ["instance_registered"])

    def test_the_next_life_has_the_next_one(self):
        own, _ = self.register()
        self.assertEqual(self.register(), (own + 1, own))
        self.assertEqual(self.kinds(), ["instance_registered"] * 2 +
                         ["deliver_restarted"])

    def test_of_other_roles_no_restart_is_told(self):
        for role in ("hub", "spreader"):
            self.register(role, role=role)
            self.register(role, role=role)
        self.assertNotIn("deliver_restarted", self.kinds())

    def test_who_was_replaced_is_fenced(self):
        own, _ = self.register()
        self.register()
        self.assert_fenced(lambda: self.register(own=own))

    def test_who_was_removed_gets_a_later_one(self):
        own, _ = self.register()
        self.cluster.forget("deliver", "one")
        incarnation, previous = self.register(own=own)
        self.assertGreater(incarnation, own)
        self.assertEqual(previous, own)

    def test_who_lost_its_record_alone_keeps_its_own(self):
        own, _ = self.register()
        self.cluster.call("HDEL", "instances", "one")
        self.assertEqual(self.register(own=own), (own, 0))

    def test_who_is_being_removed_gets_another_one(self):
        own, _ = self.register()
        self.cluster.call("HSET", "removing", f"one:{own}", "deliver x:1 1")
        self.assertEqual(self.register(own=own), (own + 1, own))

    def test_a_clock_that_went_back_gives_none_out_twice(self):
        ahead = self.redis.now_ms() + HOUR_MS
        own, previous = self.register(own=ahead)  # of before
        self.assertGreater(own, ahead)
        self.assertEqual(previous, ahead)

    def test_a_record_that_cannot_be_read_is_none(self):
        self.cluster.call("HSET", "instances", "one", "garbage")
        self.assertEqual(self.register()[1], 0)

    def test_a_name_that_changes_its_role_leaves_no_heartbeat(self):
        self.register(role="hub")
        self.register(role="spreader")
        self.assertEqual(self.cluster.heartbeats("hub"), {})


class Heartbeats(RegistryTest):
    def test_it_is_renewed(self):
        own, _ = self.register()
        self.age(ms=TIMEOUT_MS - 1000)
        late, _, next_ms, restart, victims = self.beat(own=own)
        self.assertEqual((late, restart, victims), (0, 0, []))
        self.assertLess(self.cluster.age_ms("deliver", "one"), 1000)
        self.assertGreater(next_ms, TIMEOUT_MS - 1000)

    def test_who_was_late_learns_it_once(self):
        own, _ = self.register()
        for ms in (TIMEOUT_MS + 1000, -TIMEOUT_MS - 1000):
            self.age(ms=ms)
            self.assertEqual(self.beat(own=own)[0], 1)
            self.assertEqual(self.beat(own=own)[0], 0)

    def test_who_is_somebody_else_by_now_is_fenced(self):
        own, _ = self.register()
        self.assert_fenced(lambda: self.beat(own=own - 1))
        self.assert_fenced(lambda: self.beat(own=own + 1))
        self.assert_fenced(lambda: self.beat("two", own))
        self.cluster.call("HSET", "removing", f"one:{own}", "deliver x:1 1")
        self.assert_fenced(lambda: self.beat(own=own))

    def test_missing_ones_are_victims(self):
        own, _ = self.register()
        dead, _ = self.register("dead", role="hub")
        ahead, _ = self.register("ahead", role="spreader")
        self.age("dead", role="hub")
        self.age("ahead", -HOUR_MS, role="spreader")
        self.age("ghost")
        self.assertEqual(sorted(self.beat(own=own)[4]), [
            ("ahead", "spreader", str(ahead)), ("dead", "hub", str(dead)),
            ("ghost", "deliver", "0")])

    def test_what_somebody_removes_is_no_victim_until_that_lapses(self):
        own, _ = self.register()
        dead, _ = self.register("dead")
        self.age("dead")
        self.assertEqual(self.bury("dead", ("one", own)), dead)
        self.assertEqual(self.beat(own=own)[4], [])
        self.lapse(f"dead:{dead}")
        self.assertEqual(self.beat(own=own)[4],
                         [("dead", "deliver", str(dead))])

    def test_there_is_an_end_to_the_victims(self):
        own, _ = self.register()
        for n in range(40):
            self.age(f"ghost{n}")
        self.assertEqual(len(self.beat(own=own)[4]), 16)

    def test_the_next_missing_one_is_foretold(self):
        own, _ = self.register()
        self.register("two", role="hub")
        self.age("two", 4000, role="hub")
        next_ms = self.beat(own=own)[2]
        self.assertLessEqual(next_ms, 1001)
        self.age("two", TIMEOUT_MS + 1, role="hub")
        self.assertGreater(self.beat(own=own)[2], 4000)

    def test_live_spreaders_are_counted(self):
        own, _ = self.register("s0", role="spreader")
        for n in (1, 2, 3):
            self.register(f"s{n}", role="spreader")
        self.age("s3", role="spreader")
        self.assertEqual(self.beat("s0", own, role="spreader")[1], 3)

    def test_it_works_at_the_memory_limit(self):
        own, _ = self.register()
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        try:
            self.beat(own=own)
            self.register(own=own)
            self.register("two")
        finally:
            self.redis.call("CONFIG", "SET", "maxmemory", 0)


class Deregister(RegistryTest):
    def test_record_and_heartbeat_go(self):
        own, _ = self.register()
        self.assertEqual(self.deregister("one", own), 1)
        self.assertEqual(self.cluster.records(), {})
        self.assertEqual(self.cluster.heartbeats("deliver"), {})
        self.assertEqual(self.kinds()[-1], "instance_stopped")
        self.assertEqual(
            self.unchanged_by(lambda: self.deregister("one", own)), 0)

    def test_of_the_next_life_nothing_goes(self):
        own, _ = self.register()
        self.register()
        self.assertEqual(
            self.unchanged_by(lambda: self.deregister("one", own)), 0)


class Burial(RegistryTest):
    def setUp(self):
        super().setUp()
        self.me = ("me", self.register("me")[0])
        self.other = ("other", self.register("other")[0])
        self.dead, _ = self.register("dead")
        self.age("dead")

    def test_one_of_two_removes(self):
        self.assertEqual(self.bury("dead", self.me), self.dead)
        self.assertEqual(self.unchanged_by(
            lambda: self.bury("dead", self.other)), 0)
        self.assertEqual(self.bury("dead", self.me, self.dead), self.dead)

    def test_another_goes_on_once_it_lapses(self):
        self.bury("dead", self.me)
        self.lapse(f"dead:{self.dead}")
        self.assertEqual(self.bury("dead", self.other, self.dead), self.dead)
        self.assertEqual(self.bury("dead", self.me, self.dead), 0)

    def test_a_lock_of_the_future_lapses(self):
        self.bury("dead", self.me)
        self.cluster.call("HSET", "removing", f"dead:{self.dead}",
                          f"deliver me:1 {self.redis.now_ms() + HOUR_MS}")
        self.assertEqual(self.bury("dead", self.other, self.dead), self.dead)

    def test_who_lives_is_not_removed(self):
        self.register("dead", own=self.dead)
        self.assertEqual(self.unchanged_by(
            lambda: self.bury("dead", self.me, self.dead)), 0)

    def test_nobody_removes_itself(self):
        self.age("me")
        self.assertEqual(self.unchanged_by(
            lambda: self.bury("me", self.me, self.me[1])), 0)

    def test_who_is_somebody_else_by_now_removes_nobody(self):
        self.assertEqual(self.unchanged_by(
            lambda: self.bury("dead", ("me", self.me[1] - 1))), 0)

    def test_a_life_that_is_over_is_not_taken_for_this_one(self):
        """A look of before the next life, acted on after it died too."""
        after, _ = self.register("dead")
        self.age("dead")
        self.assertEqual(self.bury("dead", self.me, self.dead), 0)
        self.assertEqual(self.bury("dead", self.me, after), after)

    def test_who_was_removed_before_is_not_again(self):
        self.bury("dead", self.me)
        self.assertEqual(self.buried("dead", self.dead), 1)
        self.assertEqual(self.bury("dead", self.other, self.dead), 0)
        self.assertEqual(self.unchanged_by(
            lambda: self.buried("dead", self.dead)), 0)
        self.assertEqual(self.kinds().count("instance_removed"), 1)

    def test_all_of_it_goes(self):
        self.cluster.call("HSET", "restarts", "dead", self.dead)
        self.bury("dead", self.me)
        self.buried("dead", self.dead)
        self.assertNotIn("dead", self.cluster.records())
        self.assertNotIn("dead", self.cluster.heartbeats("deliver"))
        self.assertEqual(self.cluster.removing(), {})
        self.assertEqual(self.cluster.call("HGETALL", "restarts"), [])

    def test_the_next_life_stays(self):
        self.bury("dead", self.me)
        after, previous = self.register("dead", own=self.dead)
        self.assertEqual(previous, self.dead)
        self.assertEqual(self.buried("dead", self.dead), 1)
        self.assertEqual(self.cluster.records()["dead"]["incarnation"], after)
        self.assertIn("dead", self.cluster.heartbeats("deliver"))
        self.beat("dead", after)

    def test_a_heartbeat_without_a_record_has_its_time_for_an_incarnation(self):
        self.cluster.call("HDEL", "instances", "dead")
        beat_ms = self.cluster.heartbeats("deliver")["dead"]
        self.assertEqual(self.bury("dead", self.me), beat_ms)
        self.assertEqual(self.bury("dead", self.other), 0)
        self.assertEqual(self.buried("dead", beat_ms), 1)
        self.assertNotIn("dead", self.cluster.heartbeats("deliver"))


class Restart(RegistryTest):
    def ask(self, name="one"):
        return self.run_cluster("restart", *EVENTS, name)

    def test_the_first_request_counts(self):
        own, _ = self.register()
        self.assertEqual(self.beat(own=own)[3], 0)
        self.assertEqual(self.ask(), [str(own).encode(), 1])
        self.assertEqual(self.unchanged_by(self.ask), [str(own).encode(), 0])
        self.assertEqual(self.beat(own=own)[3], 1)
        self.assertEqual(self.kinds()[-1], "restart_requested")

    def test_the_next_life_is_not_asked(self):
        self.register()
        self.ask()
        own, _ = self.register()
        self.assertEqual(self.beat(own=own)[3], 0)
        self.assertEqual(self.ask(), [str(own).encode(), 1])

    def test_who_is_unknown_is_not_asked(self):
        self.assertEqual(self.unchanged_by(self.ask), [])


if __name__ == "__main__":
    unittest.main()
