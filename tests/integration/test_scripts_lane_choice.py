"""Which lane the jobs of an event go to: page looks at 100 subscriptions at
first, and where that is all of them they go to `outbox`."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bundles import numbered
from support.cursor_job import CursorTest
from support.scripts import CD, TD, ScriptTest, targets

IN_CURSOR_MODE = "0 idle 0-0 0 0 - -"


class Lanes:
    """Beside a ScriptTest."""

    def pages(self, event, **options):
        """What each page says, to the last one."""
        said = [self.post_page(event, 500, **options)]
        while said[-1][1] == 0:
            said.append(self.post_page(event, 500, **options))
        return said

    def jobs(self, lane):
        return [target for _, fields in self.entries(lane) if b"e" in fields
                for target in targets(fields)]

    def check_lane(self, lane, jobs):
        """They are all there, and none is in the other lane."""
        self.assertEqual(self.jobs(lane), jobs)
        self.assertEqual(len(self.posted()), len(jobs))


class Sizes(Lanes, ScriptTest):
    def test_below_a_hundred_to_the_outbox_and_else_to_bulk(self):
        for count, lane, pages in (
                (1, "outbox", [(1, 1)]), (99, "outbox", [(99, 1)]),
                (100, "bulk", [(100, 0), (0, 1)]),
                (101, "bulk", [(100, 0), (1, 1)])):
            with self.subTest(count=count):
                self.setUp()
                cds = numbered(count)
                self.subscribe(*cds)
                event = self.event()
                self.assertEqual(self.pages(event), pages)
                self.check_lane(lane, cds)
                self.assertEqual(self.hash("refs"),
                                 {event.encode(): b"%d" % count})

    def test_of_several_levels_each_subscription_counts_once(self):
        """The same ones at two levels, and others at each of them."""
        for count, lane in ((99, "outbox"), (100, "bulk")):
            with self.subTest(count=count):
                self.setUp()
                cds = numbered(count)
                self.subscribe(*cds[:60], td="own")
                self.subscribe(*cds[40:], td="all")
                self.pages(self.event(), tds=("own", "all"))
                self.check_lane(lane, cds[:60] +
                                [f"{cd}:*" for cd in cds[60:]])

    def test_one_that_ends_between_the_pages_changes_nothing(self):
        cds = numbered(101)
        self.subscribe(*cds)
        event = self.event()
        self.assertEqual(self.post_page(event, 500), (100, 0))
        self.unindex(cds[100])
        self.assertEqual(self.post_page(event, 500), (0, 1))
        self.check_lane("bulk", cds[:100])


class FullBulk(Lanes, ScriptTest):
    def fill(self, jobs):
        """The backlog that is reached then."""
        self.call("XADD", "bulk", "*", "e", "1-1", "c",
                  " ".join(numbered(jobs, "x")))
        return jobs

    def test_the_first_page_of_a_large_event_is_posted(self):
        cds = numbered(101)
        self.subscribe(*cds)
        backlog = self.fill(16)
        event = self.event()
        self.assertEqual(self.pages(event, backlog=backlog),
                         [(100, 0), (0, 2)])
        self.assertEqual(self.jobs("bulk")[16:], cds[:100])
        self.assertEqual(self.jobs("outbox"), [])
        self.read("bulk")
        self.assertEqual(self.pages(event, backlog=backlog), [(1, 1)])
        self.assertEqual(self.jobs("bulk")[16:], cds)

    def test_a_small_event_is_finished(self):
        cds = numbered(99)
        self.subscribe(*cds)
        backlog = self.fill(16)
        self.assertEqual(self.pages(self.event(), backlog=backlog), [(99, 1)])
        self.assertEqual(self.jobs("outbox"), cds)
        self.assertEqual(self.call("XLEN", "bulk"), 1)


class CursorMode(Lanes, CursorTest):
    """Who is in cursor mode counts as others do, and gets a cursor job."""

    flags = "o"

    def to_cursor_mode(self, cds):
        for cd in cds:
            self.call("HSET", f"cursor:{TD}", cd, IN_CURSOR_MODE)

    def cursor_jobs(self):
        """Whose cursor jobs wait; all of them do so in `outbox`."""
        self.assertFalse([fields for _, fields in self.entries("bulk")
                          if b"f" in fields])
        return [fields[b"c"].decode() for _, fields in self.entries("outbox")
                if b"f" in fields]

    def test_one_of_them_leaves_the_choice_as_it_is(self):
        """Of the first page, and of the second one."""
        for count, first, lane, pages in (
                (99, "", "outbox", [(98, 1)]),
                (99, "z", "outbox", [(98, 1)]),
                (100, "", "bulk", [(99, 0), (0, 1)]),
                (100, "z", "bulk", [(99, 0), (0, 1)]),
                (101, "", "bulk", [(100, 0), (0, 1)]),
                (101, "z", "bulk", [(99, 0), (1, 1)])):
            with self.subTest(count=count, first=first):
                self.setUp()
                self.renew(ordered=True)
                others = numbered(count - 1, first)
                self.subscribe(*others)
                self.assertEqual(self.pages(self.event()), pages)
                self.check_lane(lane, others)
                self.assertEqual(self.cursor_jobs(), [CD])

    def test_many_of_them_are_not_taken_for_few_subscriptions(self):
        """A page that is full of them has few jobs, or none."""
        for jobs in (0, 1, 20):
            with self.subTest(jobs=jobs):
                self.setUp()
                self.call("DEL", "subs:")
                cds = numbered(130)
                self.subscribe(*cds)
                self.to_cursor_mode(cds[jobs:120])
                self.assertEqual(self.pages(self.event()),
                                 [(jobs, 0), (10, 1)])
                self.check_lane("bulk", cds[:jobs] + cds[120:])
                self.assertEqual(self.cursor_jobs(), cds[jobs:120])

    def test_of_a_small_event_all_may_be_in_cursor_mode(self):
        self.call("DEL", "subs:")
        cds = numbered(99)
        self.subscribe(*cds)
        self.to_cursor_mode(cds)
        self.assertEqual(self.pages(self.event()), [(0, 1)])
        self.assertEqual((self.cursor_jobs(), self.posted()), (cds, []))

    def test_their_cursor_jobs_do_not_wait_for_bulk(self):
        self.renew(ordered=True)
        others = numbered(150, "z")
        self.subscribe(*others)
        event = self.event()
        self.assertEqual(self.pages(event, backlog=1), [(99, 0), (0, 2)])
        self.assertEqual(self.cursor_jobs(), [CD])
        self.check_lane("bulk", others[:99])


if __name__ == "__main__":
    unittest.main()
