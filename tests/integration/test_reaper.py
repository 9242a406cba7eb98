"""What the dead had claimed goes on with the living."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster_test import ClusterTest
from support.httpd import Answer

TOPIC = "http://publisher.example/topic"


class Claims(ClusterTest):
    def holding(self, count):
        """`count` callbacks whose first responses are held by a gate that is
        returned, so that one deliver has claimed their jobs."""
        gate = self.gate()
        server = self.system.subscriber()
        callbacks = [server.callback(f"/{n}", answers=[
            Answer(204, gate=gate)]) for n in range(count)]
        for callback in callbacks:
            self.system.activate(TOPIC, callback)
        return gate, callbacks

    def test_what_a_dead_deliver_held_is_sent_again_soon(self):
        self.start(timeout_ms=60000, per_host=100)  # far from idle takeover
        _, callbacks = self.holding(40)
        self.system.push(TOPIC, b"body")
        for callback in callbacks:
            callback.wait_deliveries(1)
        victim = self.system.program("deliver")
        record, = self.wait_registered(victim)
        others = [self.system.start("deliver") for _ in range(2)]
        self.wait_registered(*others)
        begin = time.monotonic()
        victim.kill()
        for callback in callbacks:
            callback.wait_deliveries(2)
        took_s = time.monotonic() - begin
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in callbacks], [2] * 40)
        self.wait_removed(record)
        self.assertEqual(self.removals(), [record["name"]])
        living = [p for p in self.system.programs if p.running]
        self.assertEqual(sum(p.metric("websubd_takeovers_total")
                             for p in living), 1)
        self.assertGreater(sum(p.metric("websubd_takeover_entries_total")
                               for p in living), 0)
        print(f"sent again {took_s:.2f} s after the kill", file=sys.stderr)

    def test_jobs_of_the_living_are_not_touched(self):
        self.start(timeout_ms=60000)
        gate, callbacks = self.holding(5)
        self.system.push(TOPIC, b"body")
        for callback in callbacks:
            callback.wait_deliveries(1)
        victim = self.system.start("deliver")
        record, = self.wait_registered(victim)
        victim.kill()
        self.wait_removed(record)
        gate.set()
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in callbacks], [1] * 5)

    def test_who_wakes_settles_nothing_twice(self):
        self.start(timeout_ms=60000)
        gate, callbacks = self.holding(3)
        self.system.push(TOPIC, b"body")
        for callback in callbacks:
            callback.wait_deliveries(1)
        victim = self.system.program("deliver")
        record, = self.wait_registered(victim)
        self.system.start("deliver")
        victim.freeze()
        for callback in callbacks:
            callback.wait_deliveries(2)
        self.system.wait_idle()
        self.wait_removed(record)
        settled = self.redis.snapshot()
        gate.set()  # what it was sent before is answered when it wakes
        victim.thaw()
        victim.wait_event("fenced")
        after, = self.wait_registered(victim)
        self.assertGreater(after["incarnation"], record["incarnation"])
        self.system.wait_idle()
        self.assertEqual(self.redis.snapshot().keys(), settled.keys())
        self.assertEqual([len(c.deliveries) for c in callbacks], [2] * 3)

    def test_the_next_life_hands_over_what_the_last_one_held(self):
        """Long before its heartbeat is missing."""
        self.start(timeout_ms=60000, heartbeat_timeout_ms=60000,
                   deliver_only={"instance_name": "one"})
        _, callbacks = self.holding(3)
        self.system.push(TOPIC, b"body")
        for callback in callbacks:
            callback.wait_deliveries(1)
        self.system.program("deliver").kill()
        new = self.system.start("deliver")
        new.wait_event("handed-over")
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in callbacks], [2] * 3)
        kinds = [kind for kind, _ in self.cluster.events()]
        self.assertEqual(kinds.count("deliver_restarted"), 1)


if __name__ == "__main__":
    unittest.main()
