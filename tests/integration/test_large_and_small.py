"""Small events beside many large ones in the same shard, while deliver has all
it can do with the large ones."""

import collections
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

LARGE = "http://publisher.example/large"
SMALL = "http://publisher.example/small"
COUNT = 250       # subscriptions of the large topic
FIRST_PAGE = 100  # jobs
SLOTS = 32        # of deliver; an eighth of them is not for `bulk`
HELD = SLOTS - SLOTS // 8 + 3 * SLOTS  # with requests that linger
WAITING = 10      # large events


class LargeAndSmall(SystemTest):
    def setUp(self):
        self.start_system(shards=1, concurrency=SLOTS, per_host=1000,
                          fanout_backlog=100, timeout_ms=60000)
        self.store = self.system.store
        self.far = self.system.subscriber("127.0.0.2")
        self.crowd = [self.far.callback(f"/{n}") for n in range(COUNT)]
        for callback in self.crowd:
            self.system.request(LARGE, callback)
        self.small = self.system.subscriber().callback("/small")
        self.system.activate(SMALL, self.small)
        wait_until(lambda: self.store.subscribers(LARGE) == COUNT,
                   "all are active")

    def push(self, topic, body):
        """The id of the event."""
        answer = self.system.push(topic, body)
        return answer.headers["Location"].partition("-")[2].encode()

    def call(self, command, key, *args):
        return self.system.redis.call(command, self.store.key(LARGE, key),
                                      *args)

    def jobs(self):
        """How many jobs of each event are in `bulk`, or were not settled
        since they were read from it."""
        counts = collections.Counter()
        for _, (_, event, _, targets) in self.call("XRANGE", "bulk", "-", "+"):
            counts[event] += len(targets.split(b" "))
        return counts

    def arrived(self):
        return sum(len(callback.deliveries) for callback in self.crowd)

    def hold_all_slots(self):
        """A large event takes all slots that it may and fills `bulk`."""
        gate = self.gate()
        self.push(LARGE, b"warm up")  # the host is known to take as many
        self.check_all_arrive_once([b"warm up"])
        for callback in self.crowd:
            callback.default = Answer(204, gate=gate)
        event = self.push(LARGE, b"first")
        wait_until(lambda: self.arrived() == COUNT + HELD,
                   "no slot is free for it")
        wait_until(lambda: self.jobs()[event] == COUNT, "it is fanned out")
        return gate

    def check_all_arrive_once(self, bodies):
        for callback in self.crowd:
            callback.wait_deliveries(len(bodies))
        self.system.wait_idle()
        for callback in self.crowd:
            self.assertEqual(sorted(callback.bodies()), sorted(bodies))

    def test_small_ones_pass_large_ones_that_wait(self):
        gate = self.hold_all_slots()
        bodies = [b"large %d" % n for n in range(WAITING)]
        large = [self.push(LARGE, body) for body in bodies]
        for n in range(3):
            self.push(SMALL, b"%d" % n)
            self.small.wait_deliveries(n + 1)
        self.assertEqual([self.jobs()[event] for event in large],
                         [FIRST_PAGE] * WAITING)
        self.assertEqual(self.arrived(), COUNT + HELD)
        gate.set()
        self.check_all_arrive_once([b"warm up", b"first", *bodies])
        self.assertEqual(sorted(self.small.bodies()), [b"0", b"1", b"2"])


if __name__ == "__main__":
    unittest.main()
