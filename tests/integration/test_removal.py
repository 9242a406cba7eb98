"""The dead are removed by the living, once, and nobody else is."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster_test import TIMEOUT_MS, ClusterTest
from support.wait import wait_until


class Removal(ClusterTest):
    def plant(self, role, name, incarnation):
        self.cluster.call("HSET", "instances", name,
                          f'{{"v":1,"incarnation":{incarnation},'
                          f'"name":"{name}","role":"{role}"}}')
        self.cluster.call("ZADD", "heartbeats:" + role, 1, name)

    def test_every_kind_is_removed(self):
        self.start()
        for role in ("hub", "spreader", "deliver"):
            victim = self.system.start(role, listen="127.0.0.1:0")
            record, = self.wait_registered(victim)
            victim.kill()
            self.wait_removed(record)
        self.assertEqual(len(self.removals()), 3)

    def test_a_record_without_a_process_is_removed(self):
        self.start()
        for role in ("hub", "spreader", "deliver"):
            self.plant(role, "ghost-" + role, 5)
        wait_until(lambda: len(self.cluster.records()) == 3, "they are gone")
        self.assertEqual(sorted(self.removals()),
                         ["ghost-deliver", "ghost-hub", "ghost-spreader"])

    def test_a_heartbeat_without_a_record_is_removed(self):
        self.start()
        self.cluster.call("ZADD", "heartbeats:deliver", 1, "ghost")
        wait_until(lambda: self.removals() == ["ghost"], "it is removed")
        self.assertNotIn("ghost", self.cluster.heartbeats("deliver"))

    def test_a_heartbeat_of_the_future_is_missing(self):
        self.start()
        self.plant("hub", "ghost", 5)
        self.cluster.call("ZADD", "heartbeats:hub",
                          self.redis.now_ms() + 3600000, "ghost")
        wait_until(lambda: self.removals() == ["ghost"], "it is removed")

    def test_another_finishes_what_a_dead_reaper_began(self):
        """Also when the record is gone already."""
        self.start()
        self.cluster.call("HSET", "removing", "ghost:5",
                          f"deliver gone:3 {self.redis.now_ms() + 500}")
        wait_until(lambda: self.removals() == ["ghost"], "it is removed")
        self.assertEqual(self.cluster.removing(), {})

    def test_one_of_many_removes(self):
        self.start()
        for _ in range(2):
            self.system.start("spreader")
            self.system.start("deliver")
        victim = self.system.start("hub", listen="127.0.0.1:0")
        record, = self.wait_registered(victim)
        victim.kill()
        self.wait_removed(record)
        self.assertEqual(self.removals(), [record["name"]])
        removed = wait_until(lambda: [
            event for program in self.system.programs
            for event in program.events("instance-removed")], "it is logged")
        self.assertEqual(len(removed), 1)


class Redis(ClusterTest):
    def test_while_redis_stands_still_nobody_dies(self):
        self.start(redis_timeout_ms=500)
        records = self.wait_registered(*self.system.programs)
        for freeze_s in (TIMEOUT_MS / 1000 + 1, 0.8):
            self.redis.freeze()
            time.sleep(freeze_s)  # so long nothing can be heard of anybody
            self.redis.thaw()
            self.redis.reconnect()
            for program in self.system.programs:
                wait_until(lambda p=program: p.status("/readyz")[0] == 200,
                           "it is ready")
        wait_until(lambda: all(
            self.cluster.age_ms(r["role"], r["name"]) < TIMEOUT_MS
            for r in records), "all are heard of")
        self.assertEqual(
            [r["incarnation"] for r in records],
            [r["incarnation"] for r in
             self.wait_registered(*self.system.programs)])
        self.assertEqual(self.removals(), [])


if __name__ == "__main__":
    unittest.main()
