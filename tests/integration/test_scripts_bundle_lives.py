"""Bundles: whole lives at random, of two workers that settle, end, stand still,
take over from each other, and are taken for dead."""

import collections
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bundles import numbered
from support.scripts import (CALLBACK, GROUPS, PREFIX, TOPIC, ScriptTest, pairs,
                             targets)

LANES = ("outbox", "bulk")
CDS = numbered(20)
HOST = "h" * 22


class Held:
    """An entry as one worker knows it."""

    def __init__(self, lane, entry, fields):
        self.lane, self.entry = lane, entry
        self.event = fields[b"e"].decode()
        self.failures = int(fields.get(b"n", 0))
        self.targets = targets(fields)
        self.left = set(range(1, len(self.targets) + 1))

    def is_bundle(self):
        return len(self.targets) > 1

    def opening(self, left):
        """The words before outcomes that leave `left`."""
        if not self.is_bundle():
            return ["job", self.lane, self.entry]
        before = ("-" if len(self.left) == len(self.targets) else
                  self.text(self.left))
        if left:
            return ["part", self.lane, self.entry, before, self.text(left)]
        return ["rest", self.lane, self.entry, before]

    @staticmethod
    def text(positions):
        return sum(1 << position - 1 for position in positions)


class LifeTest(ScriptTest):
    """Every job is delivered once, as far as was stored, and counted off
    once."""

    STEPS = 150

    def life(self, draw):
        self.delivered = collections.Counter()
        self.events = []
        self.workers = {"one:1": {}, "two:1": {}}
        self.subscribe(*CDS)
        acts = (self.publish, *[self.claim] * 3, *[self.settle_some] * 6,
                self.end_worker, self.take_over, self.hand_over, self.due_now,
                self.tidy)
        for _ in range(self.STEPS):
            draw.choice(acts)(draw)
        for _ in range(10 * self.STEPS):
            if not self.exists("refs"):
                break
            self.finish(draw)

    def publish(self, draw):
        event = self.event()
        size = draw.choice((3, 20, 100))
        while self.post_page(event, size)[1] == 0:
            pass
        self.events.append(event)

    def claim(self, draw, count=3):
        lane, name = draw.choice(LANES), draw.choice(sorted(self.workers))
        for entry, fields in self.read(lane, draw.randint(1, count), name):
            self.workers[name][lane, entry] = Held(lane, entry, fields)

    def take_over(self, draw):
        """Whatever the other one holds, and it may be alive."""
        lane, name = draw.choice(LANES), draw.choice(sorted(self.workers))
        found = self.redis.call("XAUTOCLAIM", PREFIX + lane, GROUPS[lane],
                                name, 0, "0-0", "COUNT", 5)[1]
        for entry, fields in found:
            held = Held(lane, entry.decode(), pairs(fields))
            if (lane, held.entry) in self.workers[name]:
                continue
            if held.is_bundle():
                self.twice(draw, "split", lane, held.entry)
            else:
                self.workers[name][lane, held.entry] = held

    def hand_over(self, draw):
        """One is taken for dead, and it may be alive."""
        name = draw.choice(sorted(self.workers)).partition(":")[0]
        self.run_script("hand_over", name, 1, draw.randint(1, 30))

    def end_worker(self, draw):
        self.workers[draw.choice(sorted(self.workers))].clear()

    def twice(self, draw, *call):
        """A call whose answer may be lost."""
        count = self.run_script(*call)
        if draw.random() < 0.3:
            self.assertEqual(
                self.unchanged_by(lambda: self.run_script(*call)), 0)
        return count

    def settle_some(self, draw, fails=True):
        """Some of the jobs that a worker takes for its own."""
        entries = self.workers[draw.choice(sorted(self.workers))]
        if not entries:
            return
        key = draw.choice(sorted(entries))
        held = entries[key]
        some = set(draw.sample(sorted(held.left),
                               draw.randint(1, len(held.left))))
        words = held.opening(held.left - some)
        done = [held.targets[at - 1] for at in some
                if not fails or draw.random() < 0.7]
        for at in some:
            if held.targets[at - 1] not in done:
                words += self.failure(draw, held, held.targets[at - 1])
        if done:
            words += ["done", held.event, len(done)]
        settled = self.twice(draw, "settle", *words)
        self.assertIn(settled, (0, len(some)))
        if settled:
            self.delivered.update((held.event, cd) for cd in done)
        held.left -= some
        if not held.left:
            del entries[key]

    @staticmethod
    def failure(draw, held, cd):
        n = held.failures + 1
        return draw.choice((
            ["retry", held.event, cd, n, 0, 60000, "-"],
            ["park", held.event, cd, n, 0, HOST],
            ["dead", held.event, cd, n, TOPIC, CALLBACK, "why"]))

    def due_now(self, _):
        """What waits for its time, its host or an operator comes back."""
        for member in self.call("ZRANGE", "retry", 0, -1):
            self.call("ZADD", "retry", 1, member)
        self.promote()
        self.run_script("letters", "replay", "all", "", "-", 100)

    def tidy(self, _):
        self.sweep(retention_ms=1)

    def finish(self, draw):
        self.due_now(draw)
        self.claim(draw, 50)
        self.take_over(draw)
        for _ in range(50):
            self.settle_some(draw, fails=False)

    def check_once(self):
        self.assertEqual(self.delivered, collections.Counter(
            (event, cd) for event in self.events for cd in CDS))
        self.sweep()
        for key in ("refs", "parts", "crashes", "retry", f"parked:{HOST}"):
            self.assertFalse(self.exists(key), key)
        self.assertEqual((self.posted(), self.pending("outbox"),
                          self.pending("bulk")), ([], [], []))
        self.assertFalse([key for key in self.redis.keys()
                          if b":kept:" in key])

    def live(self, seed):
        self.setUp()
        self.life(random.Random(seed))
        self.check_once()


class Lives(LifeTest):
    def test_every_job_is_delivered_once(self):
        for seed in range(60):
            with self.subTest(seed=seed):
                self.live(seed)


class BrokenRules(LifeTest):
    """Such lives find out when a rule is broken."""

    # A script, what stands in it, and what is to stand there instead.
    RULES = (
        ("settle", "if not is_pending(lane, id) or", "if"),
        ("settle", "or not is_left(field, before)", ""),
        ("settle", "redis.call('HSET', p .. 'parts', field, left)", ""),
        ("split", "bit.band(left, bit.lshift(1, position)) ~= 0", "true"),
        ("split", "== 1 and found", ">= 0 and found"),
        ("split", "position = position + 1", "position = position"),
        ("split", "split_bundle(lane, id, found[2][2], found[2][4])", "0"),
        ("hand_over", "redis.call('XACK', p .. stream, 'deliver', row[1])", ""),
        ("hand_over", "if rest == 0 then", "if true then"),
        ("sweep", "if not lane or not is_kept(lane, entry) then", "if true then"),
    )

    def is_found(self):
        for seed in range(60):
            try:
                self.live(seed)
            except AssertionError:
                return True
        return False

    def test_each_is_found(self):
        for name, rule, broken in self.RULES:
            with self.subTest(rule=rule, script=name):
                whole = self.texts[name]
                self.assertEqual(whole.count(rule), 1)
                self.texts[name] = whole.replace(rule, broken)
                try:
                    self.assertTrue(self.is_found())
                finally:
                    self.texts[name] = whole


if __name__ == "__main__":
    unittest.main()
