"""The two lanes: page posts the jobs of a small event to `outbox`, those of a
large one to `bulk`, the further pages while that has room, and settle serves
both."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bundles import numbered
from support.scripts import (CALLBACK, TD, TOPIC, ScriptTest, all_done, targets)
from support.wait import wait_until

FIRST_PAGE = 100
BUNDLE = 16        # jobs
FIRST_ENTRIES = 7  # six full ones, one of 4 jobs


class LaneTest(ScriptTest):
    def opened(self, count):
        """An event of a topic with `count` subscriptions."""
        self.cds = numbered(count)
        for at in range(0, count, 1000):
            self.call("ZADD", "subs:", *(
                word for cd in self.cds[at:at + 1000]
                for word in (0, f"{TD}:{cd}")))
        return self.event()

    def jobs(self, lane):
        return [target for _, fields in self.entries(lane)
                for target in targets(fields)]

    def finish(self, event, size=500, **options):
        while self.post_page(event, size, **options)[1] == 0:
            pass


class Lanes(LaneTest):
    def test_all_pages_of_a_large_event_go_to_bulk(self):
        event = self.opened(750)
        self.assertEqual([self.post_page(event, 500) for _ in range(3)],
                         [(FIRST_PAGE, 0), (500, 0), (150, 1)])
        self.assertEqual(self.jobs("bulk"), self.cds)
        self.assertEqual(self.jobs("outbox"), [])

    def test_a_small_page_is_small_at_first_too(self):
        event = self.opened(30)
        self.assertEqual(self.post_page(event, 10), (10, 0))
        self.assertEqual(self.jobs("bulk"), self.cds[:10])
        self.assertEqual(self.jobs("outbox"), [])

    def test_jobs_of_bulk_are_settled_and_trimmed(self):
        event = self.opened(300)
        self.finish(event)
        self.assertEqual(self.settle_all("bulk", FIRST_ENTRIES + 2),
                         FIRST_PAGE + 2 * BUNDLE)
        self.assertEqual(self.jobs("bulk"), self.cds[132:])
        self.assertEqual(self.hash("refs")[event.encode()], b"168")
        self.assertEqual(self.settle_all("bulk"), 168)
        self.assertEqual(self.jobs("bulk"), [])
        self.assertFalse(self.exists("refs"))

    def test_one_batch_settles_both_lanes(self):
        large = self.opened(102)
        self.finish(large)
        self.call("DEL", "subs:")
        small = self.opened(20)
        self.finish(small)
        *first, (rest, _) = self.read("bulk")
        whole, (last, _) = self.read("outbox")
        batch = [word for entry in first
                 for word in all_done("bulk", *entry)]
        batch += [*all_done("outbox", *whole),
                  "rest", "bulk", rest, "-",
                  "retry", large, numbered(102)[100], 1, 0, 0, "-",
                  "done", large, 1,
                  "rest", "outbox", last, "-",
                  "dead", small, self.cds[19], 8, TOPIC, CALLBACK, "why",
                  "done", small, 3]
        self.assertEqual(self.run_script("settle", *batch), 122)
        self.assertEqual(self.hash("refs"), {large.encode(): b"1",
                                             small.encode(): b"1"})
        self.assertEqual(
            self.unchanged_by(lambda: self.run_script("settle", *batch)), 0)

    def test_an_event_may_be_in_both_lanes_of_a_batch(self):
        """Two of its jobs were taken over, and go to `outbox` as single
        ones."""
        event = self.opened(102)
        self.finish(event)
        *first, (four, _), (two, _) = self.read("bulk")
        self.run_script("split", "bulk", two)
        (one, _), other = self.read("outbox")
        batch = [word for entry in first
                 for word in all_done("bulk", *entry)]
        batch += ["job", "outbox", one,
                  "retry", event, self.cds[100], 1, 0, 0, "-",
                  "rest", "bulk", four, "-",
                  "dead", event, self.cds[99], 8, TOPIC, CALLBACK, "why",
                  "done", event, 3,
                  *all_done("outbox", *other)]
        self.assertEqual(self.run_script("settle", *batch), 102)
        self.assertEqual(self.hash("refs"), {event.encode(): b"2"})
        self.assertEqual(
            self.unchanged_by(lambda: self.run_script("settle", *batch)), 0)

    def test_entries_of_one_event_count_once_each(self):
        for count, lane in ((99, "outbox"), (100, "bulk")):
            with self.subTest(lane=lane):
                self.setUp()
                event = self.opened(count)
                self.finish(event)
                words = [all_done(lane, *entry) for entry in self.read(lane)]
                self.assertEqual(self.run_script(
                    "settle", *words[0], *words[1], *words[0]), 32)
                self.assertEqual(self.hash("refs")[event.encode()],
                                 b"%d" % (count - 32))
                self.assertEqual(self.run_script("settle", *sum(words, [])),
                                 count - 32)
                self.assertFalse(self.exists("refs"))

    def test_the_same_work_planned_twice_is_counted_once(self):
        event = self.opened(1)
        self.finish(event)
        self.call("XADD", "outbox", "*", "e", event, "c", self.cds[0])
        self.call("HINCRBY", "refs", event, 1)
        for entry, _ in self.read("outbox"):
            self.run_script("settle", "job", "outbox", entry, "retry",
                            event, self.cds[0], 1, 0, 0, "-")
        self.assertEqual(self.call("ZCARD", "retry"), 1)
        self.assertEqual(self.hash("refs")[event.encode()], b"1")


class Backlog(LaneTest):
    def test_a_full_bulk_changes_nothing_until_it_was_read(self):
        event = self.opened(1000)
        pages = [self.post_page(event, 200, backlog=400) for _ in range(4)]
        self.assertEqual(pages, [(100, 0), (200, 0), (200, 0), (0, 2)])
        self.assertEqual(self.unchanged_by(
            lambda: self.post_page(event, 200, backlog=400)), (0, 2))
        self.read("bulk", count=8)  # of 33, as though each were full
        self.assertEqual(self.post_page(event, 200, backlog=400), (0, 2))
        self.read("bulk", count=1)
        self.assertEqual(self.post_page(event, 200, backlog=400), (200, 0))
        self.settle_all("bulk", 1000)
        self.finish(event, backlog=400)
        self.assertFalse(self.exists("fanout"))

    def test_another_event_gets_its_first_page_meanwhile(self):
        event = self.opened(200)
        self.post_page(event, 100)
        self.assertEqual(self.post_page(event, 100, backlog=1), (0, 2))
        other = self.event()
        self.assertEqual(self.post_page(other, 100, backlog=1), (100, 0))
        self.assertEqual(self.post_page(other, 100, backlog=1), (0, 2))
        self.assertEqual(self.jobs("bulk"), self.cds[:100] * 2)

    def test_what_is_trimmed_or_was_settled_does_not_count(self):
        event = self.opened(600)
        for _ in range(5):
            self.assertEqual(self.post_page(event, 100, backlog=100)[0], 100)
            self.assertEqual(self.post_page(event, 100, backlog=100), (0, 2))
            self.assertEqual(self.settle_all("bulk"), 100)
            self.sweep()

    def test_without_the_group_all_entries_count(self):
        event = self.opened(300)
        self.post_page(event, 100)
        self.post_page(event, 100)
        self.read("bulk")
        self.call("XGROUP DESTROY", "bulk", "deliver")
        self.assertEqual(self.post_page(event, 100, backlog=224), (0, 2))
        self.assertEqual(self.post_page(event, 100, backlog=225), (100, 0))

    def rewrite_file(self):
        self.redis.call("BGREWRITEAOF")
        wait_until(lambda: b"aof_rewrite_in_progress:0\r\n" in
                   self.redis.call("INFO", "persistence"),
                   "the append-only file is rewritten")

    def test_what_was_read_between_a_rewrite_and_a_restart_does_not_count(self):
        """The append-only file has how much the group had read when it was
        rewritten, and not what it read since: after a restart Redis counts
        that as lag for ever."""
        event = self.opened(800)
        self.post_page(event, 100)
        self.post_page(event, 100)
        self.settle_all("bulk")
        self.rewrite_file()
        self.post_page(event, 200)
        self.settle_all("bulk", 200)
        self.redis.stop()
        self.redis.start()
        for _ in range(3):
            self.assertEqual(self.post_page(event, 100, backlog=100), (100, 0))
            self.assertEqual(self.post_page(event, 100, backlog=100), (0, 2))
            self.assertEqual(self.settle_all("bulk"), 100)

    def test_entries_that_were_deleted_leave_the_count_whole(self):
        """Redis has then no lag of the group to tell."""
        event = self.opened(300)
        self.post_page(event, 100)
        self.post_page(event, 100)
        self.call("XDEL", "bulk", self.entries("bulk")[3][0])
        self.assertEqual(self.post_page(event, 100, backlog=208), (0, 2))
        self.assertEqual(self.post_page(event, 100, backlog=209), (100, 0))


class Many(LaneTest):
    COUNT = 100000

    def settle_twice(self, lane):
        """Claims what there is; returns the CDs of the jobs."""
        got = self.read(lane, count=100)
        cds = [cd for _, fields in got for cd in targets(fields)]
        words = [word for entry in got for word in all_done(lane, *entry)]
        for settled in (len(cds), 0):
            self.assertEqual(self.run_script("settle", *words), settled)
        return cds

    def test_a_hundred_thousand_are_posted_once_each(self):
        """Every page is asked for by two, as after a lost answer, and jobs
        are settled meanwhile, every batch twice."""
        event = self.opened(self.COUNT)
        seen, finished = [], False
        while not finished or self.entries("bulk"):
            for _ in range(2):
                finished = self.post_page(event, 500, backlog=5000)[1] == 1
            for lane in ("outbox", "bulk"):
                seen += self.settle_twice(lane)
        self.assertEqual(seen, self.cds)
        self.assertFalse(self.exists("refs"))
        self.assertFalse(self.exists("fanout"))


class Locale(ScriptTest):
    """Redis was started in a locale with an order of its own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder)
        made = shutil.which("localedef") and subprocess.run(
            ["localedef", "-i", "en_US", "-f", "UTF-8",
             os.path.join(folder, "en_US.UTF-8")], check=False,
            capture_output=True).returncode == 0
        if not made:
            raise unittest.SkipTest("no locale can be made here")
        old = {name: os.environ.get(name) for name in ("LOCPATH", "LC_ALL")}
        os.environ.update(LOCPATH=folder, LC_ALL="en_US.UTF-8")
        try:
            super().setUpClass()
        finally:
            for name, value in old.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value

    def test_levels_merge_in_the_order_of_bytes(self):
        self.assertEqual(self.redis.call("EVAL", "return 'a' < 'B'", 0), 1)
        event = self.event()
        self.subscribe("a", "b", "_", td="one")
        self.subscribe("B", "C", "-", td="two")
        while not self.post_page(event, 2, ("one", "two"))[1]:
            pass
        self.assertEqual(self.posted(), ["-:*", "B:*", "C:*", "_", "a", "b"])


if __name__ == "__main__":
    unittest.main()
