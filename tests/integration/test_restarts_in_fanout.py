"""A spreader that ends in the middle of a fan-out: another one goes on at the
stored place, and no subscription gets an event twice.
"""

import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.sink import Sink, send_forms, subscribe_form
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class RestartsInFanout(SystemTest):
    SUBSCRIBERS = 1000

    def setUp(self):
        self.start_system(per_host=64, **LONG_TIMEOUTS)

    def fanout_survives(self, how, events=20):
        sink = Sink()
        self.addCleanup(sink.close)
        forms = [subscribe_form(TOPIC, f"{sink.url}/{n}")
                 for n in range(self.SUBSCRIBERS)]
        self.assertEqual(send_forms(self.system.hub.address, forms),
                         {202: self.SUBSCRIBERS})
        wait_until(lambda: self.system.store.subscribers(TOPIC)
                   == self.SUBSCRIBERS, "all are active", 60)
        self.system.wait_idle()
        for number in range(events):
            self.system.push(TOPIC, b"%d" % number)
        bulk = self.system.store.key(TOPIC, "bulk")
        wait_until(lambda: self.system.redis.call("XLEN", bulk) > 0,
                   "the fan-out has begun")
        old = self.system.program("spreader")
        if how == signal.SIGKILL:
            old.kill()
            self.system.presume_dead(old)
        else:
            old.stop()
        self.system.start("spreader")
        self.system.wait_idle(60)
        self.assertEqual(sink.arrived, {
            (f"/{n}", b"%d" % event): 1 for n in range(self.SUBSCRIBERS)
            for event in range(events)})

    def test_killed_in_the_middle_posts_no_job_twice(self):
        self.fanout_survives(signal.SIGKILL)

    def test_ended_in_the_middle_posts_no_job_twice(self):
        self.fanout_survives(signal.SIGTERM)

    def test_two_spreaders_post_no_job_twice(self):
        self.system.start("spreader")
        self.system.start("deliver")
        self.fanout_survives(signal.SIGKILL, events=5)


if __name__ == "__main__":
    unittest.main()
