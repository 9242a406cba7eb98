"""The index of a shard: leaves of bounded size, which hold the subscriptions in
the order of TD and CD and know when the first of their leases ends."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import CALLBACK, PREFIX, TD, TOPIC, ScriptTest

LEAF_MAX = 128
FAR_S = 9999999999


class IndexTest(ScriptTest):
    def add(self, cd, expires_s=FAR_S, td=TD):
        """A subscription as another shard's copy, the shortest way there
        is."""
        self.assertEqual(self.run_script(
            "replicate", td, cd, "s", 1, f"1 9 3600 1 - {CALLBACK} -",
            expires_s, 60), 1)

    def remove(self, cd, td=TD):
        self.request_script("u", td=td, cd=cd, how="trust")

    def fill(self, count, **options):
        cds = [digest(f"callback-{n}") for n in range(count)]
        for cd in cds:
            self.add(cd, **options)
        return cds

    def leaves(self):
        """The bounds of the leaves: the first one's, and the others'."""
        return ["", *(bound.decode() for bound in
                      self.call("ZRANGE", "bounds", 0, -1))]

    def check(self, cds, td=TD):
        """Of the topic there are `cds`, and the leaves are as they should
        be."""
        self.assertEqual(self.index(td), sorted(cds))
        bounds = self.leaves()
        for bound, over in zip(bounds, [*bounds[1:], "~"]):
            members = [member.decode() for member in
                       self.call("ZRANGE", f"subs:{bound}", 0, -1)]
            self.assertLessEqual(len(members), LEAF_MAX)
            self.assertTrue(all(bound <= each < over for each in members))
            self.assertTrue(members or not bound)
            if members:
                self.assertEqual(self.call("OBJECT ENCODING", f"subs:{bound}"),
                                 b"listpack")
                ends = [int(self.read_record(cd, of).split()[1])
                        for of, cd in (each.split(":") for each in members)]
                self.assertLessEqual(self.lease_due(bound), min(ends))
        names = set(self.call("ZRANGE", "lease", 0, -1))
        self.assertEqual({f"{PREFIX}subs:{name.decode()}".encode()
                          for name in names},
                         set(self.redis.call("KEYS", f"{PREFIX}subs:*")))


class Index(IndexTest):
    def test_a_small_topic_is_one_leaf(self):
        cds = self.fill(LEAF_MAX)
        self.assertEqual(self.leaves(), [""])
        self.add(cds[7])
        self.assertEqual(self.leaves(), [""], "a renewal divides nothing")
        self.check(cds)

    def test_one_more_divides_it(self):
        cds = self.fill(LEAF_MAX + 1)
        self.assertEqual(len(self.leaves()), 2)
        self.check(cds)

    def test_a_large_topic(self):
        cds = self.fill(3000)
        self.assertLess(len(self.leaves()), 3000 / LEAF_MAX * 2)
        self.check(cds)

    def test_in_order_and_in_reverse(self):
        for reverse in (False, True):
            with self.subTest(reverse=reverse):
                self.setUp()
                cds = [f"{n:022d}" for n in range(500)]
                for cd in sorted(cds, reverse=reverse):
                    self.add(cd)
                self.check(cds)

    def test_what_ends_leaves_nothing(self):
        cds = self.fill(400)
        draw = random.Random(1)
        draw.shuffle(cds)
        while cds:
            self.remove(cds.pop())
            if len(cds) % 50 == 0:
                self.check(cds)
        self.assertEqual([key for key in self.redis.keys()
                          if b"subs:" in key], [])
        self.assertFalse(self.exists("bounds") or self.exists("lease"))

    def test_an_empty_first_leaf_is_passed(self):
        cds = sorted(self.fill(300))
        for cd in self.index()[:self.call("ZCARD", "subs:")]:
            self.remove(cd)
            cds.remove(cd)
        self.check(cds)
        event = self.event()
        while not self.post_page(event)[1]:
            pass
        self.assertEqual(self.posted(), cds)
        self.add("-first")
        self.check(["-first"] + cds)

    def test_small_topics_share_leaves(self):
        tds = [digest(f"topic-{n}") for n in range(600)]
        for n, td in enumerate(tds):
            self.add(digest("callback"), td=td)
            if n % 3 == 0:
                self.add(digest("other"), td=td)
        self.assertLess(len(self.leaves()), 800 / LEAF_MAX * 2)
        for n, td in enumerate(tds):
            cds = [digest("callback")] + [digest("other")] * (n % 3 == 0)
            self.assertEqual(self.index(td), sorted(cds))
            event = self.event()
            self.assertEqual(self.post_page(event, tds=(td,)), (len(cds), 1))
            if n % 20 == 0:
                self.check(cds, td)
                self.assertEqual(self.posted(event), sorted(cds))
        for n, td in enumerate(tds):
            if n % 5:
                self.remove(digest("callback"), td)
                left = [digest("other")] * (n % 3 == 0)
                self.assertEqual(self.index(td), left)
                if n % 20 == 1:
                    self.check(left, td)

    def test_a_topic_is_not_another_that_begins_like_it(self):
        tds = ("a", "a-", "aa", "a0", "aZ", "b", "")
        for td in tds:
            self.add("cd-" + td, td=td)
        for td in tds:
            event = self.event()
            self.assertEqual(self.post_page(event, tds=(td,)), (1, 1))
            self.assertEqual(self.posted(event), ["cd-" + td])

    def test_a_topic_among_others_has_pages_of_any_size(self):
        for n in range(200):
            self.add(digest(f"callback-{n}"), td=digest(f"topic-{n}"))
        cds = sorted(self.fill(300))
        for size in (1, 63, 64, 65, 299, 300, 301):
            event = self.event()
            while not self.post_page(event, size)[1]:
                pass
            self.assertEqual(self.posted(event), cds)
        self.assertEqual(self.run_script(
            "deny", TD, TOPIC, "-", "", "", 1000, 10 ** 6), [300, b""])
        for n in range(200):
            self.check([digest(f"callback-{n}")], digest(f"topic-{n}"))

    def test_each_leaf_ends_its_own_leases(self):
        cds = self.fill(300)
        for n, cd in enumerate(cds):
            self.add(cd, expires_s=1 if n % 3 == 0 else FAR_S)
        self.assertEqual(self.sweep(limit=1000), [100, 0, 0, 0])
        self.check([cd for n, cd in enumerate(cds) if n % 3])


class Pages(IndexTest):
    def test_pages_of_any_size_have_each_once_in_order(self):
        cds = sorted(self.fill(700))
        for size in (1, 99, 127, 128, 129, 350, 699, 700, 5000):
            with self.subTest(size=size):
                event = self.event()
                while not self.post_page(event, size)[1]:
                    pass
                self.assertEqual(self.posted(event), cds)

    def test_leaves_change_between_pages(self):
        """Who is there all the time gets one job, nobody gets two."""
        for seed in range(5):
            with self.subTest(seed=seed):
                self.setUp()
                draw = random.Random(seed)
                there = set(self.fill(400))
                stay, fresh = set(there), 0
                event = self.event()
                while not self.post_page(event, 20)[1]:
                    for cd in draw.sample(sorted(there), 10):
                        self.remove(cd)
                        there.discard(cd)
                        stay.discard(cd)
                    for _ in range(15):
                        fresh += 1
                        there.add(digest(f"fresh-{seed}-{fresh}"))
                        self.add(digest(f"fresh-{seed}-{fresh}"))
                posted = self.posted(event)
                self.assertEqual(posted, sorted(set(posted)))
                self.assertLessEqual(stay, set(posted))
                self.check(there)

    def test_levels_merge_across_leaves(self):
        ours, others = self.fill(300), self.fill(500, td="other")
        event = self.event()
        while not self.post_page(event, 70, ("other", TD))[1]:
            pass
        self.assertEqual([c.split(":")[0] for c in self.posted(event)],
                         sorted(set(ours + others)))

    def test_a_topic_is_denied_across_leaves(self):
        self.fill(300)
        ended, after = 0, ""
        while True:
            count, after = self.run_script("deny", TD, TOPIC, "-", "", after,
                                           70, 10 ** 6)
            ended += count
            if not after:
                break
        self.assertEqual(ended, 300)
        self.assertEqual(self.index(), [])
        self.assertFalse(self.exists("bounds"))


if __name__ == "__main__":
    unittest.main()
