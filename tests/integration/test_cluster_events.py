"""Processes read the cluster events from where they were."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.system import SystemTest
from support.wait import wait_until


def numbers(entry_id):
    return tuple(map(int, entry_id.split("-")))


class Listening(SystemTest):
    NAME = "hub-1"

    def setUp(self):
        self.start_system(roles=("hub",), instance_name=self.NAME)
        self.redis = self.system.redis
        self.cluster = Cluster(self.redis)
        self.hub = self.system.program("hub")

    def tell(self, count=1):
        """Adds events; returns the last one's id."""
        return self.redis.call_many(
            [["XADD", self.cluster.base + "events", "*", "v", 1, "k", "alert",
              "n", "test"]] * count)[-1].decode()

    def position(self):
        """The id that is saved."""
        row = self.cluster.call("HGET", "positions", self.NAME) or b"0-0 0"
        return numbers(row.decode().split(" ")[0])

    def wait_read(self):
        """Waits until the process has read all there is."""
        last = self.tell()
        wait_until(lambda: self.position() >= numbers(last),
                   f"{last} is read")

    def start(self):
        self.hub = self.system.start("hub", instance_name=self.NAME)

    def missed(self):
        return [int(count) for count in re.findall(
            r"cluster-events-missed instance=hub-1 count=(\d+)",
            self.hub.log())]

    def test_events_are_read_as_they_come(self):
        self.wait_read()
        self.tell(250)  # more than a read takes
        self.wait_read()
        self.assertEqual(self.missed(), [])

    def test_a_restarted_process_misses_none(self):
        self.wait_read()
        self.hub.kill()
        self.tell(50)
        self.start()
        self.wait_read()
        self.assertEqual(self.missed(), [])

    def test_a_restarted_process_says_what_it_missed(self):
        self.wait_read()
        self.hub.kill()
        self.tell(50)
        self.cluster.call("XTRIM", "events", "MAXLEN", 10)
        self.start()
        self.wait_read()
        self.assertEqual(self.missed(), [40])

    def test_it_goes_on_after_its_connections_were_cut(self):
        self.wait_read()
        self.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self.wait_read()

    def test_it_goes_on_after_a_flushall(self):
        self.wait_read()
        self.redis.call("FLUSHALL")
        self.wait_read()

    def test_it_goes_on_in_a_stream_that_begins_before_its_position(self):
        self.wait_read()
        self.cluster.call("DEL", "events")
        self.cluster.call("XADD", "events", "1-1", "v", 1, "k", "alert")
        self.cluster.call("XADD", "events", "1-2", "v", 1, "k", "alert")
        wait_until(lambda: self.position() == (1, 2), "1-2 is read")


class SwitchedOff(SystemTest):
    def test_nobody_listens(self):
        self.start_system(roles=("hub",),
                          enable_cluster_event_subscriptions="no")
        self.assertEqual(Cluster(self.system.redis).call("EXISTS",
                                                         "positions"), 0)
        reads = self.system.redis.call("INFO", "commandstats")
        self.assertNotIn(b"cmdstat_xread:", reads)


if __name__ == "__main__":
    unittest.main()
