"""/readyz of the hub while Redis answers and refuses writes."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest
from support.wait import wait_until


class Ready(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",))
        self.hub = self.system.hub
        self.redis = self.system.redis

    def wait_ready(self):
        wait_until(lambda: self.hub.get("/readyz").status == 200, "ready")

    def wait_unready(self, reason):
        answer = wait_until(
            lambda: next((answer for answer in [self.hub.get("/readyz")]
                          if reason in answer.body), None), "not ready")
        self.assertEqual(answer.status, 503)
        self.assertEqual(self.hub.get("/healthz").status, 200)
        self.assertEqual(self.hub.push("a.b", b"1").status, 503)

    def test_a_replica_is_left(self):
        """Also by a hub that nobody asks for anything."""
        self.wait_ready()
        self.redis.call("REPLICAOF", "127.0.0.1", "1")
        self.wait_unready(b"Redis is not reached")
        self.redis.call("REPLICAOF", "NO", "ONE")
        self.wait_ready()
        self.assertEqual(self.hub.push("a.b", b"1").status, 202)

    def test_memory_that_is_used_up(self):
        self.wait_ready()
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        self.wait_unready(b"Redis refuses writes: OOM")
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.wait_ready()

    def test_a_look_changes_nothing(self):
        before = self.redis.snapshot()

        def looks():
            stats = self.redis.call("INFO", "commandstats").decode()
            return [line for line in stats.splitlines()
                    if line.startswith("cmdstat_setrange:")]
        wait_until(looks, "the hub looks")
        self.assertEqual(self.redis.snapshot(), before)

    def test_a_user_that_may_not_look_is_ready(self):
        self.redis.change_rights("-setrange")
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        wait_until(lambda: self.system.program("hub").metric(
            "websubd_hub_memory_high_shards") == 4, "a look is over")
        self.assertIn(b"short of memory", self.hub.get("/readyz").body)
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.wait_ready()


if __name__ == "__main__":
    unittest.main()
