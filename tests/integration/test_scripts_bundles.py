"""Bundles: page posts several jobs as one entry, settle takes them whole or in
parts, split takes apart what was taken over."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bundles import FULL, LANE, BundleTest, mask, numbered
from support.cursor_job import CursorTest
from support.scripts import TD, FullRedis, targets

HOST = "h" * 22


class Pages(BundleTest):
    def test_sixteen_and_what_is_left_of_a_page(self):
        for count, sizes in ((1, [1]), (15, [15]), (16, [16]), (17, [16, 1]),
                             (48, [16] * 3), (99, [16] * 6 + [3])):
            with self.subTest(count=count):
                self.setUp()
                self.opened(count)
                self.assertEqual(self.post_page(self.event_id), (count, 1))
                self.assertEqual(self.sizes(LANE), sizes)
                self.assertEqual(self.posted(), self.cds)
                self.assertEqual(self.refs(), count)

    def test_every_page_ends_its_last_bundle(self):
        self.opened(250)
        self.finish(size=120)
        self.assertEqual(self.sizes("bulk"), [16] * 6 + [4] +
                         [16] * 7 + [8] + [16, 14])
        self.assertEqual(self.sizes(LANE), [])
        self.assertEqual(self.posted(), self.cds)
        self.assertEqual(self.refs(), 250)

    def test_an_entry_has_the_event_and_the_targets_only(self):
        self.opened(17)
        self.finish()
        self.assertEqual([fields for _, fields in self.entries(LANE)], [
            {b"e": self.event_id.encode(), b"c": " ".join(cds).encode()}
            for cds in (self.cds[:16], self.cds[16:])])

    def test_targets_of_several_levels_share_a_bundle(self):
        cds = numbered(20)
        for at, cd in enumerate(cds):
            self.subscribe(cd, td=("own", "up", "all")[at % 3])
        event = self.event(topic="a.b")
        self.assertEqual(self.post_page(event, tds=("own", "up", "all")),
                         (20, 1))
        wanted = [cd + ("", ":1", ":*")[at % 3] for at, cd in enumerate(cds)]
        self.assertEqual([targets(fields) for _, fields in self.entries(LANE)],
                         [wanted[:16], wanted[16:]])


class CursorMode(CursorTest):
    flags = "o"

    def test_cursor_mode_leaves_no_hole(self):
        self.renew(ordered=True)
        before, after = numbered(10), numbered(10, "z")
        self.subscribe(*before, *after)
        event = self.publish()
        bundles = [targets(fields) for _, fields in self.entries("outbox")
                   if b"e" in fields]
        self.assertEqual(bundles, [before + after[:6], after[6:]])
        self.assertEqual(self.hash("refs"), {event.encode(): b"20"})
        self.assertEqual(self.cursor()["mode"], "run")

    def test_a_bundle_of_nobody_is_not_posted(self):
        self.renew(ordered=True)
        self.publish()
        (_, fields), = self.entries("outbox")
        self.assertNotIn(b"e", fields)
        self.assertFalse(self.exists("refs"))


class Whole(BundleTest):
    def test_all_done(self):
        self.bundle()
        self.settled_twice(FULL, self.whole, *self.done(FULL))
        self.check_empty()

    def mixed(self):
        """An operation for each of the first six jobs; the others are done."""
        event, cds = self.event_id, self.cds
        self.subscription(cds[5], generation=7)
        self.call("HSET", f"cursor:{TD}", cds[3], "0 idle 0-0 0 0 - -")
        return (*self.retry(1),
                "park", event, cds[1], 2, 1, HOST,
                *self.dead(3),
                "miss", event, cds[3], TD,
                "suspend", event, cds[4], 0, 0, 60000, TD,
                "gone", event, cds[5], TD, 7,
                *self.done(10))

    def missed(self, cd):
        return self.call("ZCARD", f"missed:{TD}:{cd}")

    def test_outcomes_of_every_kind(self):
        self.bundle()
        event, cds = self.event_id, self.cds
        self.settled_twice(FULL, self.whole, *self.mixed())
        self.assertEqual(self.refs(), 3)  # later, park, dead
        self.assertEqual(sorted(self.in_retry()), [
            f"d {event} {cds[0]} 1 0", f"f {TD} {cds[4]} 1 0 0", f"h {HOST}"])
        self.assertEqual(self.call("LRANGE", f"parked:{HOST}", 0, -1),
                         [f"d {event} {cds[1]} 2 1".encode()])
        self.assertEqual([letter[b"c"].decode()
                          for _, letter in self.entries("dead")], [cds[2]])
        self.assertEqual([self.missed(cd) for cd in cds],
                         [0, 0, 0, 1, 1, 0] + [0] * 10)
        self.assertEqual(self.index(), cds[:5] + cds[6:])
        (_, cursor_job), = self.entries(LANE)
        self.assertEqual((cursor_job[b"f"], cursor_job[b"c"]),
                         (TD.encode(), cds[3].encode()))
        self.assertEqual(self.pending(LANE), [])

    def test_what_fails_keeps_the_content(self):
        self.bundle()
        self.call("HSET", f"kept:{self.event_id}", "b", "body")
        self.whole(*self.retry(7), *self.done(15))
        self.assertEqual(self.refs(), 1)
        self.assertTrue(self.exists(f"kept:{self.event_id}"))


class Parts(BundleTest):
    def test_parts_and_the_rest(self):
        self.bundle()
        field = f"{LANE} {self.entry_id}"
        self.settled_twice(13, self.part, "-", "2,5,16", *self.retry(1),
                           *self.done(12))
        self.assertEqual((self.refs(), self.parts()), (4, {field: "2,5,16"}))
        self.settled_twice(2, self.part, "2,5,16", "5", *self.dead(2),
                           *self.done(1))
        self.assertEqual((self.refs(), self.parts()), (3, {field: "5"}))
        self.assertEqual(self.pending(LANE), [self.entry_id])
        self.settled_twice(1, self.rest, "5", *self.done(1))
        self.assertEqual((self.refs(), self.parts()), (2, {}))
        self.assertEqual(self.pending(LANE), [])
        self.assertEqual(self.posted(), [])
        self.assertEqual(len(self.in_retry() + self.entries("dead")), 2)

    def test_a_bundle_leaves_its_lane_with_the_rest(self):
        for lane in (LANE, "bulk"):
            with self.subTest(lane=lane):
                self.setUp()
                self.bundle(lane=lane)
                self.part("-", "3,4", *self.done(14))
                self.assertEqual(self.posted(), self.cds)
                self.assertEqual(self.parts(),
                                 {f"{lane} {self.entry_id}": "3,4"})
                self.rest("3,4", *self.done(2))
                self.check_empty()

    def test_parts_of_several_bundles_in_a_call(self):
        self.opened(48)
        self.finish()
        one, two, three = [entry for entry, _ in self.read(LANE)]
        words = ("part", LANE, one, "-", mask("16"), *self.done(15),
                 "rest", LANE, two, "-", *self.done(16),
                 "part", LANE, three, "-", mask("1,2"), *self.retry(40),
                 *self.done(13))
        self.settled_twice(45, self.run_script, "settle", *words)
        self.assertEqual(self.refs(), 4)
        self.assertEqual(self.parts(), {f"{LANE} {one}": "16",
                                        f"{LANE} {three}": "1,2"})
        self.assertEqual(self.pending(LANE), [one, three])

    def test_one_that_another_took_apart_is_left_alone(self):
        for parted in (False, True):
            with self.subTest(parted=parted):
                self.setUp()
                self.bundle()
                if parted:
                    self.part("-", "2,5,16", *self.done(13))
                self.split()
                for act in (lambda: self.part("-", "2,5,16", *self.done(13)),
                            lambda: self.part("2,5,16", "5", *self.done(2)),
                            lambda: self.rest("2,5,16", *self.done(3)),
                            lambda: self.whole(*self.done(FULL))):
                    self.assertEqual(self.unchanged_by(act), 0)

    def test_of_one_that_nobody_holds_nothing_is_settled(self):
        self.opened(FULL)
        self.finish()
        self.lane, self.entry_id = LANE, self.entries(LANE)[0][0]
        for act in (lambda: self.part("-", "2", *self.done(15)),
                    lambda: self.rest("2", *self.done(1))):
            self.assertEqual(self.unchanged_by(act), 0)

    def test_what_belongs_to_a_part_is_not_told_twice(self):
        self.bundle()
        self.run_script("crashes", "taken", "a1", LANE, self.entry_id)
        failing = f"failing:{TD}:{self.cds[0]}"
        self.call("HSET", failing, self.event_id, "x")
        words = ("retried", TD, self.cds[0], self.event_id, *self.done(15),
                 "cleared", LANE, self.entry_id)
        self.assertEqual(self.part("-", "2", *words), 15)
        self.assertFalse(self.exists("crashes") or self.exists(failing))
        self.run_script("crashes", "taken", "a1", LANE, self.entry_id)
        self.call("HSET", failing, self.event_id, "x")
        self.assertEqual(
            self.unchanged_by(lambda: self.part("-", "2", *words)), 0)


class Split(BundleTest):
    def check_split(self, *positions):
        """What is left becomes entries of one job each."""
        refs, lane = self.refs(), self.lane
        self.settled_twice(len(positions), self.split)
        self.assertEqual([fields for _, fields in self.entries(LANE)], [
            {b"e": self.event_id.encode(), b"c": self.cds[at - 1].encode()}
            for at in positions])
        self.assertEqual((self.refs(), self.parts()), (refs, {}))
        self.assertEqual(self.pending(lane), [])
        self.assertEqual(self.settle_all(), len(positions))

    def test_before_any_part(self):
        self.bundle()
        self.check_split(*range(1, 17))
        self.check_empty()

    def test_after_parts(self):
        self.bundle()
        self.part("-", "2,5,10,16", *self.done(12))
        self.check_split(2, 5, 10, 16)
        self.check_empty()
        self.setUp()
        self.bundle()
        self.part("-", "2,5,10,16", *self.done(12))
        self.part("2,5,10,16", "10,16", *self.done(2))
        self.check_split(10, 16)
        self.check_empty()

    def test_each_was_held_by_one_worker_that_ended(self):
        self.bundle()
        self.part("-", "3,4", *self.done(14))
        self.split()
        jobs = [entry for entry, _ in self.read(LANE)]
        self.assertEqual(self.hash("crashes"),
                         {f"{LANE} {job}".encode(): b"1 -" for job in jobs})
        self.assertEqual([self.run_script("crashes", "taken", "a1", LANE, job)
                          for job in jobs], [[2], [2]])
        self.run_script("settle", *(word for job in jobs for word in (
            "job", LANE, job, *self.done(1), "cleared", LANE, job)))
        self.assertFalse(self.exists("crashes"))

    def test_one_of_bulk_goes_to_the_outbox(self):
        self.bundle(lane="bulk")
        self.part("-", "1,11", *self.done(14))
        self.check_split(1, 11)
        self.check_empty()

    def test_levels_stay(self):
        self.subscribe("a" * 22, td="own")
        self.subscribe("b" * 22, td="all")
        event = self.event(topic="a")
        self.post_page(event, tds=("own", "all"))
        (self.entry_id, _), = self.read(LANE)
        self.lane = LANE
        self.assertEqual(self.split(), 2)
        self.assertEqual([targets(fields) for _, fields in self.entries(LANE)],
                         [["a" * 22], ["b" * 22 + ":*"]])

    def test_several_in_a_call(self):
        self.opened(40)
        self.finish()
        self.lane = LANE
        one, two, three = [entry for entry, _ in self.read(LANE)]
        self.run_script("settle", "part", LANE, two, "-", mask("4"),
                        *self.done(15))
        self.assertEqual(self.split(one, two, three), 25)
        self.assertEqual(self.posted(), self.cds[:16] + self.cds[19:20] +
                         self.cds[32:])
        self.assertEqual(self.refs(), 25)

    def test_what_is_not_pending_is_left_alone(self):
        self.bundle()
        self.whole(*self.done(FULL))
        self.assertEqual(self.unchanged_by(self.split), 0)
        self.setUp()
        self.opened(FULL)
        self.finish()
        unread = self.entries(LANE)[0][0]
        self.assertEqual(self.unchanged_by(lambda: self.split(unread)), 0)
        self.assertEqual(self.unchanged_by(lambda: self.split("1-1")), 0)

    def test_one_whose_entry_was_deleted_is_over(self):
        self.bundle()
        self.call("XDEL", LANE, self.entry_id)
        self.assertEqual(self.split(), 0)
        self.assertEqual((self.pending(LANE), self.posted()), ([], []))


class Full(FullRedis, BundleTest):
    """Redis is at its memory limit."""

    def test_parts_are_settled(self):
        self.bundle()
        self.full()
        self.settled_twice(12, self.part, "-", "2,5,16", *self.retry(1),
                           *self.done(11))
        self.settled_twice(2, self.part, "2,5,16", "5", *self.done(2))
        self.settled_twice(1, self.rest, "5", *self.done(1))
        self.assertEqual(self.parts(), {})

    def test_bundles_are_settled_and_taken_apart(self):
        self.opened(32)
        self.finish()
        self.lane = LANE
        (whole, _), (self.entry_id, _) = self.read(LANE)
        self.full()
        self.assertEqual(self.run_script("settle", "rest", LANE, whole, "-",
                                         *self.retry(1), *self.done(15)), 16)
        self.part("-", "7", *self.done(15))
        self.settled_twice(1, self.split)
        self.assertEqual(self.posted(), [self.cds[22]])
        self.assertEqual(self.settle_all(), 1)
        self.assertEqual(self.refs(), 1)


class Stale(BundleTest):
    def test_a_sweep_drops_what_is_known_of_others_entries_only(self):
        self.bundle()
        self.part("-", "2,5,16", *self.done(13))
        self.call("HSET", "parts", f"{LANE} 1-1", "4", "bulk 1-1", "8",
                  f"bulk {self.entry_id}", "16")
        self.sweep()
        self.assertEqual(self.parts(), {f"{LANE} {self.entry_id}": "2,5,16"})
        self.unchanged_by(self.sweep)
        self.rest("2,5,16", *self.done(3))
        self.check_empty()

    def test_of_one_that_was_settled_by_another_nothing_stays(self):
        self.bundle()
        self.part("-", "2", *self.done(15))
        self.call("XACK", LANE, "deliver", self.entry_id)
        self.sweep()
        self.assertEqual(self.parts(), {})

    def test_without_the_group_nothing_is_settled(self):
        self.bundle()
        self.part("-", "2,5", *self.done(14))
        self.call("XGROUP DESTROY", LANE, "deliver")
        for act in (lambda: self.part("2,5", "5", *self.done(1)),
                    lambda: self.part("-", "2,5", *self.done(14)),
                    lambda: self.rest("2,5", *self.done(2)), self.split):
            self.assertEqual(self.unchanged_by(act), 0)

    def test_what_the_lost_group_left_unsettled_comes_again(self):
        """One worker goes on where it believes to be, the other one has read
        the bundle anew."""
        for lost, parted in (("2,5", False), ("5", True)):
            with self.subTest(lost=lost):
                self.setUp()
                self.bundle()
                if parted:
                    self.part("-", "2,5", *self.done(14))
                self.call("XGROUP DESTROY", LANE, "deliver")
                self.part("2,5" if parted else "-", lost, *self.retry(2))
                self.run_script("groups")
                self.read(LANE, consumer="two")
                refs = self.refs()
                for act in (lambda: self.rest(lost, *self.done(1)),
                            lambda: self.part(lost, "5", *self.done(1))):
                    self.assertEqual(self.unchanged_by(act), 0)
                self.assertEqual(self.split(), refs)
                self.assertEqual(self.settle_all(), refs)
                self.check_empty()

    def test_who_reads_it_anew_counts_nothing_again(self):
        self.bundle()
        self.part("-", "5", *self.done(15))
        self.call("XGROUP DESTROY", LANE, "deliver")
        self.run_script("groups")
        self.read(LANE, consumer="two")
        for act in (lambda: self.whole(*self.done(FULL)),
                    lambda: self.part("-", "1", *self.done(15))):
            self.assertEqual(self.unchanged_by(act), 0)
        self.settled_twice(1, self.rest, "5", *self.done(1))
        self.check_empty()


if __name__ == "__main__":
    unittest.main()
