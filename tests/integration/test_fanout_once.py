"""One event to 100,000 subscriptions while spreaders are killed in the middle
of its fan-out: every subscription gets one job, none gets two.

No deliver runs, so all jobs can be counted.  A spreader that is to be killed
has a small `fanout_backlog`: should the test be late it finds the fan-out
where it waits for room, and never at its end.
"""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
COUNT = 100000
STEP = 25000  # jobs that may be posted before the next kill
ALL = 1000000
SUBSCRIBE = """
for n = ARGV[1], ARGV[2] do
    redis.call('ZADD', KEYS[1], 0, ARGV[3] .. string.format(':%022d', n))
end"""


class FanoutOnce(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",))
        self.store = self.system.store
        self.redis = self.system.redis
        self.draw = random.Random(7)
        for first in range(1, COUNT, 10000):
            self.call("EVAL", SUBSCRIBE, 1, self.key("subs:"), first,
                      min(first + 9999, COUNT), digest(TOPIC))

    def key(self, name):
        return self.store.key(TOPIC, name)

    def call(self, *words):
        return self.redis.call(*words)

    def push(self):
        answer = self.system.push(TOPIC, b"event")
        self.event = answer.headers["Location"].partition("-")[2]

    def posted(self):
        return int(self.call("HGET", self.key("refs"), self.event) or 0)

    def kill(self, spreader):
        spreader.kill()
        self.system.presume_dead(spreader)

    def start_spreader(self, backlog):
        return self.system.start("spreader", fanout_backlog=backlog)

    def wait_posted(self, count):
        wait_until(lambda: self.posted() >= count, f"{count} jobs")

    def wait_into(self, step):
        """Waits for any moment in that step of the fan-out."""
        self.wait_posted(step * STEP + self.draw.randrange(200, STEP - 1000))

    def check_every_subscription_has_one_job(self):
        wait_until(self.store.fanned_out, "the fan-out is finished")
        entries = [entry[1] for lane in ("outbox", "bulk")
                   for entry in self.call("XRANGE", self.key(lane), "-", "+")]
        self.assertEqual({fields[1] for fields in entries},
                         {self.event.encode()})
        self.assertEqual(sorted(target for fields in entries
                                for target in fields[3].split(b" ")),
                         [b"%022d" % n for n in range(1, COUNT + 1)])
        self.assertEqual(self.posted(), COUNT)

    def test_a_spreader_is_killed_again_and_again(self):
        self.push()
        for step in range(3):
            spreader = self.start_spreader((step + 1) * STEP)
            self.wait_into(step)
            self.kill(spreader)
            self.assertLess(self.posted(), COUNT)
        self.start_spreader(ALL)
        self.check_every_subscription_has_one_job()

    def two_spreaders_in_the_middle(self):
        """Two that are posting the pages of the same event."""
        first = self.start_spreader(2 * STEP)
        self.push()
        self.wait_into(0)
        first.freeze()
        self.system.presume_dead(first)
        frozen_at = self.posted()
        second = self.start_spreader(3 * STEP)
        self.wait_posted(frozen_at + 1000)
        first.thaw()
        return first, second

    def test_two_spreaders_on_one_event_are_killed_at_once(self):
        spreaders = self.two_spreaders_in_the_middle()
        self.wait_posted(self.posted() + 1000)
        for spreader in spreaders:
            self.kill(spreader)
        self.assertLess(self.posted(), COUNT)
        self.start_spreader(ALL)
        self.start_spreader(ALL)
        self.check_every_subscription_has_one_job()

    def test_two_spreaders_share_one_event(self):
        self.two_spreaders_in_the_middle()
        self.start_spreader(ALL)
        self.wait_posted(2 * STEP)
        for spreader in self.system.programs[1:3]:
            self.kill(spreader)
        self.check_every_subscription_has_one_job()


if __name__ == "__main__":
    unittest.main()
