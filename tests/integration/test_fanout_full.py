"""The spreader while deliver has enough to do: it waits with large events, and
goes on by itself; small ones never wait."""

import itertools
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
BACKLOG = 100     # reached by seven unread entries, as though all were full
FIRST_PAGE = 100  # jobs
FIRST_ENTRIES = 7
PAGE = 500
PAGE_ENTRIES = 32
LARGE_EVENTS = 16
BETWEEN = 6       # other pages at most, while there are first ones to give


class FanOut(SystemTest):
    """Without a deliver, whose part the test plays."""

    roles = ("hub", "spreader")

    def setUp(self):
        self.start_system(roles=self.roles, shards=1, fanout_backlog=BACKLOG)
        self.store = self.system.store
        self.cds = [f"{n:022d}" for n in range(COUNT)]
        self.subscribe(LARGE, *self.cds)
        self.subscribe(SMALL, "small")

    def call(self, command, key, *args):
        return self.system.redis.call(*command.split(),
                                      self.store.key(LARGE, key), *args)

    def subscribe(self, topic, *cds):
        self.call("ZADD", "subs:", *(
            word for cd in cds for word in (0, f"{digest(topic)}:{cd}")))

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


class FullBulk(FanOut):
    def setUp(self):
        super().setUp()
        self.call("XGROUP CREATE", "bulk", "deliver", 0, "MKSTREAM")

    def in_the_middle(self):
        """An event of which two pages are posted."""
        self.system.push(LARGE, b"large")
        self.wait_jobs("bulk", FIRST_PAGE)
        self.read_bulk(1)
        self.wait_jobs("bulk", FIRST_PAGE + PAGE)

    def test_a_large_event_waits_for_room_and_small_ones_pass(self):
        self.system.push(LARGE, b"large")
        self.wait_jobs("bulk", FIRST_PAGE)
        for n in range(3):
            self.system.push(SMALL, b"small")
            self.wait_jobs("outbox", 1 + n)
        self.assertEqual(self.count_jobs("bulk"), FIRST_PAGE)
        self.assertEqual(self.call("XLEN", "bulk"), FIRST_ENTRIES)
        for pages in (1, 2, 3):
            self.read_bulk(1)
            self.wait_jobs("bulk", FIRST_PAGE + PAGE * pages)
            self.assertEqual(self.count_jobs("bulk"),
                             FIRST_PAGE + PAGE * pages)
            self.read_bulk(PAGE_ENTRIES - 1)
        self.read_bulk(1)
        self.wait_jobs("bulk", COUNT)
        self.assertEqual(self.jobs("bulk"), self.cds)
        self.assertEqual(self.jobs("outbox"), ["small"] * 3)

    def test_two_large_events_share_the_room(self):
        for _ in range(2):
            self.system.push(LARGE, b"large")
        wait_until(self.emptied, "both events are fanned out")
        self.assertEqual(self.jobs("bulk").count(self.cds[-1]), 2)
        self.assertEqual(self.count_jobs("bulk"), 2 * COUNT)

    def emptied(self):
        self.read_bulk(50)
        return self.count_jobs("bulk") == 2 * COUNT

    def test_another_spreader_goes_on_after_a_crash(self):
        self.in_the_middle()
        spreader = self.system.program("spreader")
        spreader.kill()
        self.system.presume_dead(spreader)
        self.system.start("spreader")
        wait_until(lambda: self.read_bulk(1000) == 0 and
                   self.count_jobs("bulk") == COUNT,
                   "the event is fanned out")
        self.assertEqual(self.jobs("bulk"), self.cds)

    def test_a_spreader_that_ends_leaves_the_rest_to_the_next(self):
        """It does not wait for room until its drain deadline."""
        self.in_the_middle()
        self.system.program("spreader").stop()
        self.assertEqual(self.count_jobs("bulk"), FIRST_PAGE + PAGE)
        self.system.start("spreader")
        wait_until(lambda: self.read_bulk(1000) == 0 and
                   self.count_jobs("bulk") == COUNT,
                   "the event is fanned out")
        self.assertEqual(self.jobs("bulk"), self.cds)


class Rotation(FanOut):
    """Which event gets the next page, while there is room for all."""

    roles = ("hub",)

    def test_first_pages_precede_others_and_those_rotate(self):
        pushed = [self.system.push(LARGE, b"large")
                  .headers["Location"].partition("-")[2].encode()
                  for _ in range(LARGE_EVENTS)]
        self.system.start("spreader", fanout_backlog=1000000)
        self.wait_jobs("bulk", LARGE_EVENTS * COUNT)
        runs = [(event, sum(1 for _ in entries)) for event, entries in
                itertools.groupby(fields[1] for _, fields in
                                  self.call("XRANGE", "bulk", "-", "+"))]
        first = [at for at, (_, count) in enumerate(runs)
                 if count == FIRST_ENTRIES]
        self.assertEqual([runs[at][0] for at in first], pushed)
        self.assertLessEqual(first[-1] - (LARGE_EVENTS - 1), BETWEEN)
        others = [event for event, count in runs[first[-1]:]
                  if count == PAGE_ENTRIES]
        self.assertCountEqual(others[:LARGE_EVENTS], pushed)
        self.assertEqual(self.jobs("outbox"), [])


if __name__ == "__main__":
    unittest.main()
