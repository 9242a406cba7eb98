"""The scripts where topics have levels: page merges them, replicate brings `*` to
every shard."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CD, TD, ScriptTest

LEVELS = ["level-0", "level-1", "level-2", "wildcard"]
SUFFIXES = ["", ":1", ":2", ":*"]
RECORD = "1 99 60 {} - http://subscriber.example/cb -"


class Levels(ScriptTest):
    def setUp(self):
        super().setUp()
        self.event = self.call("XADD", "log", "*", "v", 1, "t", "a.b.c",
                               "ct", "x", "b", "y").decode()

    def fill(self, *levels):
        """Subscribes the numbers of each level."""
        for name, numbers in zip(LEVELS, levels):
            for n in numbers:
                self.call("ZADD", "subs:", 0, f"{name}:{n:022d}")

    def page_through(self, size):
        """The targets of all jobs, in the order posted."""
        while not self.post_page(self.event, size, LEVELS)[1]:
            pass
        return self.posted()

    def expected(self, *levels):
        best = {}
        for suffix, numbers in reversed(list(zip(SUFFIXES, levels))):
            for n in numbers:
                best[f"{n:022d}"] = suffix
        return [cd + best[cd] for cd in sorted(best)]

    def check(self, size, *levels):
        self.fill(*levels)
        wanted = self.expected(*levels)
        self.assertEqual(self.page_through(size), wanted)
        if wanted:
            self.assertEqual(self.hash("refs")[self.event.encode()],
                             b"%d" % len(wanted))

    def test_one_level_keeps_its_name(self):
        self.check(3, [], [], range(10), [])

    def test_a_callback_gets_one_job_for_the_most_specific_level(self):
        self.check(2, [1, 5], [1, 2, 5], [0, 2, 9], [0, 1, 2, 3, 5, 9])

    def test_no_level_has_subscriptions(self):
        self.check(2, [], [], [], [])

    def test_levels_merge_at_every_size_of_page(self):
        draw = random.Random(7)
        for size in (1, 2, 3, 7, 100):
            with self.subTest(size=size):
                self.redis.call("FLUSHALL")
                self.setUp()
                self.check(size, *(draw.sample(range(40), 20)
                                   for _ in LEVELS))


class Replicate(ScriptTest):
    def replicate(self, mode, generation):
        return self.run_script("replicate", TD, CD, mode, generation,
                               RECORD.format(generation), 99, 60)

    def active(self):
        record = self.read_record()
        indexed = CD in self.index()
        self.assertEqual(indexed, record is not None)
        if record:
            self.assertEqual(self.lease_due(), 99)
        return record and int(record.split()[3])

    def test_replicas_end_as_the_newest_whatever_their_order(self):
        for first, second in (((("s", 1)), ("s", 2)), (("s", 1), ("u", 2)),
                              (("u", 1), ("s", 2))):
            for order in ((first, second), (second, first)):
                with self.subTest(order=order):
                    self.redis.call("FLUSHALL")
                    for change in order:
                        self.replicate(*change)
                    self.assertEqual(self.active(),
                                     2 if second[0] == "s" else None)

    def test_a_repeated_call_changes_nothing(self):
        self.replicate("s", 3)
        self.replicate("s", 3)
        self.assertEqual(self.active(), 3)
        self.replicate("u", 4)
        self.replicate("u", 4)
        self.assertIsNone(self.active())

    def test_a_record_of_a_newer_format_stays(self):
        self.write_record("2 something else")
        self.assertEqual(self.replicate("s", 9), 0)
        self.assertEqual(self.read_record(), b"2 something else")


class ReplicasDue(ScriptTest):
    """`verified` for a `*` subscription: the request waits for the replicas."""

    def verified(self, outcome, generation=1, *more):
        return self.run_script("verified", TD, CD, "s", generation, outcome,
                               0, 0, 0, self.entry, *more)

    def setUp(self):
        super().setUp()
        self.request_script(topic="*", callback="http://s/", lease=60)
        self.entry, = (name for name, _ in self.read("verify"))

    def test_the_request_and_its_entry_stay_until_the_replicas_are_made(self):
        self.assertEqual(self.verified("confirmed", 1, "replicas"), b"applied")
        self.assertIsNotNone(self.read_record())
        self.assertEqual(self.hash(f"request:{TD}:{CD}:s")[b"ok"], b"1")
        self.assertEqual(self.pending("verify"), [self.entry])
        self.assertEqual(self.verified("replicated", 1, "replicas"),
                         b"applied")
        self.assertFalse(self.exists(f"request:{TD}:{CD}:s"))
        self.assertEqual(self.pending("verify"), [])
        self.assertIsNotNone(self.read_record())

    def test_a_repeated_call_changes_nothing(self):
        """Its lease does not begin anew."""
        self.verified("confirmed", 1, "replicas")
        self.call("HSET", f"sub:{TD}", CD, RECORD.format(1))
        self.assertEqual(self.unchanged_by(
            lambda: self.verified("confirmed", 1, "replicas")), b"applied")

    def test_a_newer_request_is_not_removed_by_the_end_of_older_replicas(self):
        self.verified("confirmed", 1, "replicas")
        self.request_script(topic="*", callback="http://s/", lease=60)
        self.assertEqual(self.verified("replicated", 1, "replicas"),
                         b"superseded")
        self.assertTrue(self.exists(f"request:{TD}:{CD}:s"))


if __name__ == "__main__":
    unittest.main()
