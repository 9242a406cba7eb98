"""10,000 subscriptions, verified one by one, and one event for all."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.sink import Sink, send_forms, subscribe_form
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
COUNT = 10000
DEADLINE_S = 120  # under sanitizers on a loaded machine


class Fanout(SystemTest):
    def setUp(self):
        # An attempt waits for the one sink's single thread, which says
        # nothing about the programs: no attempt is to fail of that.
        self.start_system(per_host=64, **LONG_TIMEOUTS)
        self.sink = Sink()
        self.addCleanup(self.sink.close)

    def test_every_one_of_10000_gets_the_event_exactly_once(self):
        started = time.monotonic()
        statuses = send_forms(
            self.system.hub.address,
            [subscribe_form(TOPIC, f"{self.sink.url}/{n}")
             for n in range(COUNT)])
        self.assertEqual(statuses, {202: COUNT})
        accepted = time.monotonic()
        wait_until(lambda: self.system.store.subscribers(TOPIC) == COUNT,
                   f"{COUNT} active subscriptions", DEADLINE_S)
        self.system.wait_idle(DEADLINE_S)
        self.assertEqual(self.sink.verified, COUNT)
        active = time.monotonic()
        self.system.push(TOPIC, b"event")
        wait_until(lambda: self.sink.total >= COUNT,
                   f"{COUNT} deliveries", DEADLINE_S)
        arrived = time.monotonic()
        self.system.wait_idle(DEADLINE_S)
        self.assertEqual(
            self.sink.arrived,
            {(f"/{n}", b"event"): 1 for n in range(COUNT)})
        self.assertEqual(self.system.store.events_kept(), 0)
        print(f"\n{COUNT} accepted in {accepted - started:.1f} s, verified in "
              f"{active - accepted:.1f} s, delivered in "
              f"{arrived - active:.1f} s")


if __name__ == "__main__":
    unittest.main()
