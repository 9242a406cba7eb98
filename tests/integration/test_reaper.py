"""The dead are removed by the living, and what they had claimed goes on."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
TIMEOUT_MS = 1500  # of heartbeats: a machine may stand still for a second
QUICK = {"heartbeat_interval_ms": 100, "heartbeat_check_interval_ms": 100,
         "heartbeat_timeout_ms": TIMEOUT_MS}


class ReaperTest(SystemTest):
    def start(self, **settings):
        self.start_system(**{**QUICK, **settings})
        self.redis = self.system.redis
        self.cluster = Cluster(self.redis)
        self.wait_registered(*self.system.programs)

    def wait_registered(self, *programs):
        def records():
            found = [self.cluster.record_of(p) for p in programs]
            return found if all(found) else None
        return wait_until(records, "all are registered")

    def wait_removed(self, record):
        def removed():
            now = self.cluster.records().get(record["name"])
            return not now or now["incarnation"] > record["incarnation"]
        wait_until(removed, f"{record['name']} is removed")
        self.assertEqual(self.cluster.removing(), {})

    def removals(self):
        return [fields["n"] for kind, fields in self.cluster.events()
                if kind == "instance_removed"]


class Claims(ReaperTest):
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


class Removal(ReaperTest):
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
        removed = [event for program in self.system.programs
                   for event in program.events("instance-removed")]
        self.assertEqual(len(removed), 1)


class Redis(ReaperTest):
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
