"""The spreader while deliver has enough to do: it waits with large events, and
goes on by itself; small ones never wait."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

LARGE = "http://publisher.example/large"
SMALL = "http://publisher.example/small"
COUNT = 2000
BACKLOG = 100  # reached by seven unread entries, as though all were full
PAGE = 500     # jobs
PAGE_ENTRIES = 32


class FullBulk(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub", "spreader"), shards=1,
                          fanout_backlog=BACKLOG)
        self.store = self.system.store
        self.cds = [f"{n:022d}" for n in range(COUNT)]
        self.subscribe(LARGE, *self.cds)
        self.subscribe(SMALL, "small")
        wait_until(lambda: self.call("EXISTS", "bulk"), "the group of bulk")

    def call(self, command, key, *args):
        return self.system.redis.call(command, self.store.key(LARGE, key),
                                      *args)

    def subscribe(self, topic, *cds):
        self.call("ZADD", f"subs:{digest(topic)}",
                  *(word for cd in cds for word in (0, cd)))

    def jobs(self, lane):
        return [target for _, fields in self.call("XRANGE", lane, "-", "+")
                for target in fields[3].decode().split(" ")]

    def count_jobs(self, lane):
        return len(self.jobs(lane))

    def read_bulk(self, count):
        """Claims entries as deliver does."""
        key = self.store.key(LARGE, "bulk")
        got = self.system.redis.call("XREADGROUP", "GROUP", "deliver", "one",
                                     "COUNT", count, "STREAMS", key, ">")
        return len(got[0][1]) if got else 0

    def wait_jobs(self, lane, count):
        wait_until(lambda: self.count_jobs(lane) >= count,
                   f"{count} jobs in {lane}")

    def test_a_large_event_waits_for_room_and_small_ones_pass(self):
        self.system.push(LARGE, b"large")
        self.wait_jobs("bulk", PAGE)
        for n in range(3):
            self.system.push(SMALL, b"small")
            self.wait_jobs("outbox", 101 + n)
        self.assertEqual(self.count_jobs("bulk"), PAGE)
        self.assertEqual(self.call("XLEN", "bulk"), PAGE_ENTRIES)
        self.read_bulk(PAGE_ENTRIES - 7)
        for pages in (2, 3):
            self.read_bulk(1)
            self.wait_jobs("bulk", PAGE * pages)
            self.assertEqual(self.count_jobs("bulk"), PAGE * pages)
            self.read_bulk(PAGE_ENTRIES - (1 if pages == 2 else 0))
        self.wait_jobs("bulk", COUNT - 100)
        self.assertEqual(self.jobs("outbox")[:100] + self.jobs("bulk"),
                         self.cds)

    def test_two_large_events_share_the_room(self):
        for _ in range(2):
            self.system.push(LARGE, b"large")
        wait_until(self.emptied, "both events are fanned out")
        self.assertEqual(self.jobs("bulk").count(self.cds[-1]), 2)
        self.assertEqual(self.count_jobs("bulk"), 2 * (COUNT - 100))

    def emptied(self):
        self.read_bulk(50)
        return self.count_jobs("bulk") == 2 * (COUNT - 100)

    def test_another_spreader_goes_on_after_a_crash(self):
        self.system.push(LARGE, b"large")
        self.wait_jobs("bulk", PAGE)
        spreader = self.system.program("spreader")
        spreader.kill()
        self.system.start("spreader")
        wait_until(lambda: self.read_bulk(1000) == 0 and
                   self.count_jobs("bulk") == COUNT - 100,
                   "the event is fanned out")
        self.assertEqual(self.jobs("bulk"), self.cds[100:])

    def test_a_spreader_that_ends_leaves_the_rest_to_the_next(self):
        """It does not wait for room until its drain deadline."""
        self.system.push(LARGE, b"large")
        self.wait_jobs("bulk", PAGE)
        self.system.program("spreader").stop()
        self.assertEqual(self.count_jobs("bulk"), PAGE)
        self.system.start("spreader")
        wait_until(lambda: self.read_bulk(1000) == 0 and
                   self.count_jobs("bulk") == COUNT - 100,
                   "the event is fanned out")
        self.assertEqual(self.jobs("bulk"), self.cds[100:])


if __name__ == "__main__":
    unittest.main()
