"""More work than the programs have room for: it waits, and nothing else."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import shard
from support.system import FAST, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SLOTS = 8


class Overload(SystemTest):
    def setUp(self):
        self.start_system(concurrency=SLOTS, per_host=64, timeout_ms=60000)
        self.subscriber = self.system.subscriber()

    def callbacks(self, count, topic=TOPIC, **options):
        made = [self.subscriber.callback(f"/{shard(topic, 4)}/{n}", **options)
                for n in range(count)]
        for callback in made:
            self.system.activate(topic, callback)
        return made

    def test_every_slot_is_taken_and_freed_one_by_one(self):
        gates = [self.gate() for _ in range(3 * SLOTS)]
        made = self.callbacks(len(gates))
        for callback, gate in zip(made, gates):
            callback.next_answers(Answer(200, gate=gate))
        self.system.push(TOPIC, b"1")
        for at in range(len(gates)):
            wait_until(lambda at=at: self.busy(made, gates) > 0
                       or all(gate.is_set() for gate in gates),
                       "deliveries are in flight")
            self.assertLessEqual(self.busy(made, gates), SLOTS)
            self.open_one(made, gates)
        for callback in made:
            callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in made], [1] * len(made))

    def busy(self, made, gates):
        """Deliveries that have come and are not answered."""
        return sum(len(callback.deliveries) > 0 and not gate.is_set()
                   for callback, gate in zip(made, gates))

    def open_one(self, made, gates):
        """Answers the first delivery that waits for it."""
        for callback, gate in zip(made, gates):
            if callback.deliveries and not gate.is_set():
                gate.set()
                return

    def test_a_busy_shard_leaves_slots_to_the_others(self):
        topics = {}
        for n in range(100):
            topic = f"http://publisher.example/{n}"
            topics.setdefault(shard(topic, FAST["shards"]), topic)
        busy = self.callbacks(60, topics[0])
        others = [self.callbacks(1, topics[at])[0] for at in (1, 2, 3)]
        for n in range(20):
            self.system.push(topics[0], b"%d" % n)
        for at in (1, 2, 3):
            self.system.push(topics[at], b"other")
        for callback in others:
            callback.wait_deliveries()
        for callback in busy:
            callback.wait_deliveries(20)
        self.system.wait_idle()


if __name__ == "__main__":
    unittest.main()
