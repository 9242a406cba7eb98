"""What is over and still there, and what nobody does: found, and mended."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.health import TD, TOPIC, HealthWorkTest
from support.wait import wait_until


class Stale(HealthWorkTest):
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


class Missing(HealthWorkTest):
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


if __name__ == "__main__":
    unittest.main()
