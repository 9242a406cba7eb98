"""The scripts alone: which processes that died are an alert, and until when."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.scripts import LEASE_MS, OWNER, ScriptTest, pairs

CLUSTER = "websub:{c}:"
TIMEOUT_MS = 5000
HOUR_MS = 3600000
EVENTS = ("events", 1000)
LOST_MS = TIMEOUT_MS + 3000  # since one that is removed was heard of


class Removed(ScriptTest):
    """Times are given as ms ago."""

    def setUp(self):
        self.redis.call("FLUSHALL")
        self.cluster = Cluster(self.redis)
        self.now = self.redis.now_ms()
        _, self.epoch = self.run_cluster("claim", *OWNER, LEASE_MS)

    def run_cluster(self, name, *args):
        return self.redis.call("EVAL", self.texts[name], 1, CLUSTER, *args)

    def lives(self, *names, since=HOUR_MS, heard=0, role="deliver"):
        for name in names:
            self.cluster.call("HSET", "instances", name, json.dumps(
                {"v": 1, "incarnation": self.now - since}))
            self.cluster.call("ZADD", "heartbeats:" + role,
                              self.now - heard, name)

    def heard(self, *names, role="deliver"):
        """They live, after any look so far."""
        for name in names:
            self.cluster.call("ZADD", "heartbeats:" + role,
                              self.redis.now_ms() + 1, name)

    def register(self, name, role="deliver"):
        self.run_cluster("register", *EVENTS, name, role, 0, "{}")

    def stop(self, name):
        own = self.cluster.records()[name]["incarnation"]
        self.run_cluster("deregister", *EVENTS, name, "deliver", own)

    def remove(self, name, role="deliver"):
        own = self.cluster.records()[name]["incarnation"]
        self.cluster.call("HSET", "removing", f"{name}:{own}", "any")
        self.assertEqual(
            self.run_cluster("buried", *EVENTS, name, role, own), 1)

    def look(self):
        """Those that are an alert after a look of the coordinator."""
        self.run_cluster("alerts", self.epoch, *EVENTS, 1000, 90000,
                         TIMEOUT_MS)
        return {name.decode().removeprefix("instance-failed ")
                for name in self.cluster.call("HKEYS", "alerts")}

    def remembered(self):
        return set(pairs(self.cluster.call("HGETALL", "removed")))

    def assert_over(self, *live):
        """It is, once all that live were heard of after the last look."""
        self.look()
        self.heard(*live)
        self.assertEqual(self.look(), set())
        self.assertEqual(self.remembered(), set())

    def one_of_two_dies(self):
        self.lives("a")
        self.lives("dead", heard=LOST_MS)
        self.remove("dead")

    def test_one_that_is_not_replaced_stays(self):
        self.one_of_two_dies()
        for _ in range(3):
            self.heard("a")
            self.assertEqual(self.look(), {"dead"})

    def test_one_that_is_replaced_later_is_over(self):
        self.one_of_two_dies()
        self.assertEqual(self.look(), {"dead"})
        self.register("new")
        self.assert_over("a", "new")

    def test_one_that_was_replaced_before_anybody_noticed_is_none(self):
        self.lives("a")
        self.lives("dead", heard=LOST_MS)
        self.lives("new", since=LOST_MS - 1)
        self.remove("dead")
        self.assertEqual(self.look(), set())
        self.assert_over("a", "new")

    def test_the_only_one_of_its_role(self):
        self.lives("hub", "spreader", role="hub")
        self.lives("dead", heard=LOST_MS)
        self.remove("dead")
        self.assertEqual(self.look(), {"dead"})
        self.register("new")
        self.assert_over("new")

    def test_of_two_that_one_process_replaces_one_stays(self):
        orders = (("first", "second"), ("second", "first"))
        for order, ms in ((order, ms) for order in orders for ms in (400, 0)):
            with self.subTest(order=order, ms=ms):
                self.setUp()
                self.lives("a")
                self.lives("first", heard=LOST_MS + ms)
                self.lives("second", heard=LOST_MS)
                for name in order:
                    self.remove(name)
                self.assertEqual(self.look(), {"first", "second"})
                self.register("new")
                self.look()
                self.heard("a", "new")
                self.assertEqual(self.look(), {"first"})
                self.register("newer")
                self.assert_over("a", "new", "newer")

    def test_who_has_died_and_is_not_missed_yet_replaces_nobody(self):
        """Two die, one is replaced, and a look is made when one is removed."""
        self.lives("a")
        self.lives("first", heard=LOST_MS)
        self.lives("second", heard=1000)
        self.lives("new", since=10)
        self.remove("first")
        for _ in range(3):
            self.assertEqual(self.look(), set())
            self.heard("a", "new")
        self.remove("second")
        self.assertEqual(self.look(), {"first"})

    def test_lives_that_follow_each_other_count_once(self):
        """A process dies, its replacement too, and a third one lives."""
        for order in (("one", "two"), ("two", "one")):
            with self.subTest(order=order):
                self.setUp()
                self.lives("a")
                self.lives("one", heard=LOST_MS + 2000)
                self.lives("two", since=LOST_MS + 1000, heard=LOST_MS)
                self.lives("three", since=LOST_MS - 1000)
                for name in order:
                    self.remove(name)
                self.assertEqual(self.look(), set())
                self.assert_over("a", "three")

    def test_one_that_was_stopped_is_none_and_replaces_nobody(self):
        self.lives("a", "b")
        self.stop("b")
        self.assertEqual(self.look(), set())
        self.lives("b")
        self.lives("dead", heard=LOST_MS)
        self.remove("dead")
        self.stop("b")
        self.register("b-again")
        self.look()
        self.heard("a", "b-again")
        self.assertEqual(self.look(), {"dead"})

    def test_its_name_registers(self):
        self.one_of_two_dies()
        self.assertEqual(self.look(), {"dead"})
        self.register("dead")
        self.assertEqual(self.look(), set())

    def test_the_next_life_of_its_name_registered_before(self):
        self.lives("a")
        self.lives("dead", heard=LOST_MS)
        own = self.now - HOUR_MS
        self.cluster.call("HSET", "removing", f"dead:{own}", "any")
        self.register("dead")
        self.run_cluster("buried", *EVENTS, "dead", "deliver", own)
        self.assertEqual(self.look(), set())

    def test_it_is_remembered_for_an_hour(self):
        self.lives("a", since=3 * HOUR_MS)
        for name, heard in (("just", HOUR_MS - 60000), ("over", HOUR_MS + 1)):
            self.lives(name, since=2 * HOUR_MS, heard=heard)
            self.remove(name)
        self.assertEqual(self.look(), {"just"})
        self.assertEqual(self.remembered(), {b"just"})

    def test_the_oldest_makes_way(self):
        for n in range(102):
            self.lives(f"d{n}", heard=LOST_MS + 200 - n)
            self.remove(f"d{n}")
        self.assertEqual(len(self.remembered()), 100)
        self.assertEqual({b"d0", b"d1"} & self.remembered(), set())

    def test_what_can_not_be_read_is_dropped(self):
        self.cluster.call("HSET", "removed", "x", "nonsense")
        self.assertEqual(self.look(), set())
        self.assertEqual(self.remembered(), set())


if __name__ == "__main__":
    unittest.main()
