"""Following: whole lives of a subscription at random."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.follow import LANE, FollowTest
from support.scripts import CD, TD


class Lives(FollowTest):
    """Random lives of one subscription.  Every event arrives once, whatever
    is repeated, fails, is suspended or renewed in between."""

    STEPS = 120

    def life(self, draw):
        self.got, self.sent = [], []
        for _ in range(self.STEPS):
            draw.choice((self.act_publish, self.act_work, self.act_work,
                         self.due_now, self.act_renew))(draw)
        for _ in range(10 * self.STEPS):
            if not self.call("XLEN", LANE) and not self.exists("retry"):
                break
            self.act_work(draw, fails=False)
            self.due_now()
        self.assertEqual((self.entries(LANE), self.exists("retry")),
                         ([], False))

    def due_now(self, _=None):
        super().due_now()

    def act_publish(self, _):
        self.sent.append(self.publish())

    def act_renew(self, draw):
        if draw.random() < 0.3:
            self.renew(ordered=draw.random() < 0.5)

    def twice(self, draw, *words):
        """A call of settle whose answer may be lost."""
        self.settle(*words)
        if draw.random() < 0.3:
            self.assertEqual(
                self.unchanged_by(lambda: self.settle(*words)), 0)

    def act_work(self, draw, fails=True):
        """Deals with one entry as deliver does."""
        got = self.read(LANE, count=1)
        if not got:
            return
        (entry, fields), = got
        if b"f" in fields:
            self.work_turn(draw, entry, fields[b"u"],
                           fails and draw.random() < 0.4)
        else:
            self.work_job(draw, entry, fields[b"e"].decode(),
                          fails and draw.random() < 0.6)

    def work_turn(self, draw, entry, u, fails):
        said = self.next(entry, u)
        if not said or said[0] == "idle":
            return
        self.assertEqual(self.next(entry, u), said)
        if fails:
            self.twice(draw, "wait", entry, TD, CD, u, 1, 0, 0,
                       int(draw.random() < 0.5))
        else:
            self.got.append(said[0])
            self.twice(draw, "step", entry, TD, CD, u, said[0], 0)

    def work_job(self, draw, entry, event, fails):
        if self.flag() != "-" and draw.random() < 0.9:
            self.twice(draw, "miss", entry, event, CD, TD)
        elif fails and draw.random() < 0.5:
            self.twice(draw, "suspend", entry, event, CD, TD, 0)
        elif fails:
            self.twice(draw, "later", entry, event, CD, 1, 0, 0, "-")
        else:
            self.got.append(event)
            self.twice(draw, "done", event, 1, entry)

    def settle(self, word, *rest):
        """`done` has its entry last."""
        return self.run_script("settle", word, LANE, *rest)

    def test_every_event_arrives_once(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                self.setUp()
                self.life(random.Random(seed))
                self.assertEqual(sorted(self.got), sorted(self.sent))
                self.assertEqual((self.missed(), self.pending(LANE)),
                                 ([], []))
                self.assertFalse(self.exists("refs"))
                self.assertEqual(self.gaps(), [])

    def test_ordered_from_its_beginning_all_come_in_order(self):
        for seed in range(20):
            with self.subTest(seed=seed):
                self.setUp()
                self.renew(ordered=True)
                self.act_renew = lambda _: None
                self.life(random.Random(seed))
                self.assertEqual(self.got, self.sent)


if __name__ == "__main__":
    unittest.main()
