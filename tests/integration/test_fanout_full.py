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
READ = 16         # events that a spreader reads at once
IN_A_ROW = 8      # first pages, while others want pages too


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
        return self.system.redis.call(command, self.store.key(LARGE, key),
                                      *args)

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
        wait_until(lambda: self.call("EXISTS", "bulk"), "the group of bulk")

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
        self.store.age_claimed()
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
        self.store.age_claimed()
        self.system.start("spreader")
        wait_until(lambda: self.read_bulk(1000) == 0 and
                   self.count_jobs("bulk") == COUNT,
                   "the event is fanned out")
        self.assertEqual(self.jobs("bulk"), self.cds)


class Turns(FanOut):
    """Which event gets the next page, while there is room for all."""

    roles = ("hub",)

    def test_first_pages_precede_others_but_for_one_after_eight(self):
        pushed = [self.system.push(LARGE, b"large")
                  .headers["Location"].partition("-")[2].encode()
                  for _ in range(READ)]
        self.system.start("spreader", fanout_backlog=1000000)
        self.wait_jobs("bulk", READ * COUNT)
        runs = [(event, sum(1 for _ in entries)) for event, entries in
                itertools.groupby(fields[1] for _, fields in
                                  self.call("XRANGE", "bulk", "-", "+"))]
        first = [(event, FIRST_ENTRIES) for event in pushed]
        other = [(event, PAGE_ENTRIES) for event in pushed]
        self.assertEqual(runs[:READ + 3], [
            *first[:IN_A_ROW], other[0], *first[IN_A_ROW:], *other[1:3]])
        self.assertEqual(self.jobs("outbox"), [])


if __name__ == "__main__":
    unittest.main()
