"""What is over and still there, and what nobody does: found, and mended."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.health import HealthTest
from support.keys import digest
from support.scripts import host_id
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
TD = digest(TOPIC)


class Work(HealthTest):
    settings = {**HealthTest.settings, "shards": 1, "suspend_after": 2,
                "probe_cap_ms": 600000, "retry_cap_ms": 600000, "retry_base_ms": 60000,
                "heartbeat_timeout_ms": 1500, "shard_lease_ms": 1000}

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self.redis)
        self.callback = self.system.subscriber().callback("/cb")
        self.cd = digest(self.callback.url)
        self.system.activate(TOPIC, self.callback)

    def mended(self, *found):
        """A check finds these (kind, key, action) while nothing is mended, and
        they go once things are."""
        found = set(found)
        self.assertLessEqual(found, self.issues())
        self.switch(True)
        self.check()
        wait_until(lambda: not found & self.issues(), f"{found} are mended")

    def suspend(self):
        self.callback.default = 500
        self.system.push(TOPIC, b"fails")
        self.system.push(TOPIC, b"fails too")
        wait_until(lambda: self.exists("suspended"), "it is suspended")


class Stale(Work):
    def test_a_subscription_past_its_lease(self):
        """The sweeper would not look: it is told to."""
        self.switch(False)
        record = self.call("HGET", f"sub:{TD}", self.cd).split(b" ")
        record[1] = b"1000000000"
        self.call("HSET", f"sub:{TD}", self.cd, b" ".join(record))
        self.mended(("stale", f"sub:{TD}", "look-at-lease"))
        self.system.wait_gone(TOPIC, self.callback)

    def test_a_subscription_suspended_for_too_long(self):
        """It ends as by an operator, and its callback is told."""
        self.suspend()
        self.switch(False)
        self.call("ZADD", "suspended", 1000, f"{TD}:{self.cd}")
        self.callback.default = 204
        self.mended(("stale", "suspended", "deny"))
        self.callback.wait_denials()
        self.assertEqual(self.call("EXISTS", f"sub:{TD}"), 0)

    def test_a_pull_subscription_past_its_time(self):
        """The spreader that owns the shard stands still, say."""
        self.switch(False)
        self.call("HSET", "pull:old", "v", 1, "t", "", "ttl", 1, "c", "", "n",
                  1)
        self.call("ZADD", "pulls", 0, "old")
        self.call("ZADD", "pull_seen", 1000, "old")
        self.switch(True)
        wait_until(lambda: not self.exists("pull:old"), "it ends")

    def test_the_registration_of_a_process_that_nobody_watches(self):
        self.switch(False)
        ghost = {"v": 1, "incarnation": 5, "name": "ghost",
                 "role": "deliver", "health": "healthy"}
        self.cluster.call("HSET", "instances", "ghost", json.dumps(ghost))
        self.mended(("stale", "instances", "reap"))
        wait_until(lambda: "ghost" not in self.cluster.records(),
                   "the reaper removes it")


class Missing(Work):
    def test_a_lost_group(self):
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"waits")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.switch(False)
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.mended(("missing", "outbox", "groups"))
        self.system.start("deliver")
        wait_until(lambda: [d.body for d in self.callback.deliveries] ==
                   [b"waits"], "it is delivered once")

    def test_a_deliver_for_work_that_waits(self):
        """Nothing here mends that: there is an alert, and an end of it."""
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"waits")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.assertIn(("missing", "outbox", "none"), self.issues())
        wait_until(lambda: self.alerts("missing none outbox") == 1,
                   "an alert is told")
        self.system.start("deliver")
        self.system.wait_idle()
        self.check()
        self.wait_mended()
        self.assertEqual(self.alerts("missing none outbox"), 1)

    def test_an_owner_of_a_shard_with_work(self):
        """A hint says that it is somebody's, and its row is nobody's: the
        owner has lost it, and takes it again."""
        self.check()
        spreader = self.system.program("spreader")
        self.system.push(TOPIC, b"one")
        self.system.wait_idle()
        self.call("HSET", "owner", "until", 0)
        wait_until(lambda: int(self.call("HGET", "owner", "until") or 0) > 0,
                   "it is owned")
        self.system.push(TOPIC, b"two")
        self.system.wait_idle()
        self.assertTrue(spreader.running)
        self.assertEqual(self.check()["totals"]["owned_shards"], 1)

    def alerts(self, words):
        return sum(kind == "alert" and fields["w"] == words
                   for kind, fields in self.cluster.events())


class Orphans(Work):
    def test_what_a_process_that_is_gone_has_claimed(self):
        """Its consumer is known to nobody: what it holds is handed over."""
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"claimed")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.redis.call("XREADGROUP", "GROUP", "deliver", "ghost:5", "STREAMS",
                        self.key("outbox"), ">")
        self.switch(False)
        self.system.start("deliver")
        self.mended(("orphaned", "outbox", "hand-over"))
        wait_until(lambda: [d.body for d in self.callback.deliveries] ==
                   [b"claimed"], "it is delivered")

    def test_a_consumer_that_is_no_process(self):
        self.switch(False)
        self.call("XGROUP CREATECONSUMER", "bulk", "deliver", "nobody")
        self.mended(("orphaned", "bulk", "drop-consumer"))

    def test_the_process_that_lives_is_left_alone(self):
        names = {row[1] for row in self.call("XINFO CONSUMERS", "outbox",
                                             "deliver")}
        self.check()
        self.assertEqual(self.issues(), set())
        self.assertEqual({row[1] for row in self.call(
            "XINFO CONSUMERS", "outbox", "deliver")}, names)


class Lost(Work):
    def test_the_cursor_job_of_a_suspended_subscription(self):
        """Without it the subscription would wait for ever."""
        self.suspend()
        wait_until(lambda: self.call("ZCARD", "retry") == 1, "a probe waits")
        self.switch(False)
        self.call("DEL", "retry")
        self.callback.default = 204
        self.mended(("corrupt", f"cursor:{TD}", "count"))
        wait_until(lambda: {b"fails", b"fails too"} <= {
            d.body for d in self.callback.deliveries}, "it gets what it missed")
        self.system.push(TOPIC, b"new")
        wait_until(lambda: self.callback.deliveries[-1].body == b"new",
                   "and what is new")

    def test_the_cursor_of_a_suspended_subscription(self):
        self.suspend()
        self.switch(False)
        self.call("HSET", f"cursor:{TD}", self.cd, "garbage")
        self.callback.default = 204
        self.mended(("corrupt", f"cursor:{TD}", "restore-cursor"))
        self.system.push(TOPIC, b"new")
        wait_until(lambda: any(d.body == b"new"
                               for d in self.callback.deliveries), "it is well")

    def test_the_index_of_subscriptions(self):
        self.switch(False)
        self.call("DEL", "subs:", "lease", "bounds")
        self.mended(("corrupt", f"sub:{TD}", "index"))
        self.system.push(TOPIC, b"new")
        self.system.wait_idle()
        self.assertEqual([d.body for d in self.callback.deliveries], [b"new"])
        self.assertEqual(self.call("ZCARD", "lease"), 1)

    def test_the_counts_of_subscriptions(self):
        """Of the shard, and of callback hosts: one too many, one lost, one of
        nobody."""
        host = host_id(self.callback.url)
        right = self.call("HGETALL", "counts"), self.call(
            "HGETALL", f"hosts:{host[:3]}")
        self.assertIn(b"s", right[0])
        self.switch(False)
        self.call("HINCRBY", "counts", "s", 7)
        self.call("DEL", f"hosts:{host[:3]}")
        self.call("HSET", "hosts:fff", "0123456789abc", 5)
        self.mended(("corrupt", "counts", "count-subscriptions"))
        self.assertEqual((self.call("HGETALL", "counts"), self.call(
            "HGETALL", f"hosts:{host[:3]}")), right)
        self.assertFalse(self.exists("hosts:fff"))

    def test_references_of_events(self):
        """Too few would let the content go."""
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"waits")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.switch(False)
        refs = self.call("HGETALL", "refs")
        self.call("DEL", "refs")
        self.mended(("corrupt", "refs", "count"))
        self.assertEqual(self.call("HGETALL", "refs"), refs)
        self.system.start("deliver")
        self.system.wait_idle()
        self.assertEqual(self.call("HLEN", "refs"), 0)


if __name__ == "__main__":
    unittest.main()
