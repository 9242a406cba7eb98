"""What lapses ends soon after its time, by Redis' clock, in shards that are idle
and in those in which much lapses at once."""

import statistics
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster_test import ClusterTest
from support.keys import shard
from support.owners import Owners
from support.scripts import CALLBACK, request_args, whole
from support.wait import wait_until

SHARDS = 8
SOON_MS = 2000
# As little as all this can take on a machine that is busy.
AT_WORST_MS = 6000
LEAF = 100


class Lapse(ClusterTest):
    def start_spreader(self, **options):
        self.start(shards=SHARDS, roles=("deliver",), **options)
        self.spreader = self.system.start("spreader")
        Owners(self.redis, SHARDS).wait_shared(1)
        self.texts = {name: whole(name) for name in
                      ("request", "verified", "pull_add")}

    def run_script(self, name, number, *args):
        return self.redis.call("EVAL", self.texts[name], 1,
                               f"websub:{{{number}}}:", *args)

    def subscribe(self, number, cd, lease_s):
        """Returns when the lease ends, in ms."""
        td = f"topic{number:017d}"
        generation = self.run_script("request", number, *request_args(
            td=td, cd=cd, lease=lease_s))
        self.run_script("verified", number, td, cd, "s", generation,
                        "confirmed", 0, 0, 0, "-")
        record = self.redis.call("HGET", f"websub:{{{number}}}:sub:{td}", cd)
        return 1000 * int(record.split(b" ")[1])

    def ended_ms(self, number):
        """When the subscriptions of a shard have ended."""
        rows = self.redis.call("XRANGE", f"websub:{{{number}}}:changes", "-",
                               "+")
        return [int(entry.split(b"-")[0]) for entry, fields in rows
                if b"subscription_deleted" in fields]

    def check_late(self, late_ms):
        self.assertGreaterEqual(min(late_ms), 0)
        self.assertLess(statistics.median(late_ms), SOON_MS)
        self.assertLess(max(late_ms), AT_WORST_MS)

    def test_leases_of_idle_shards_end_in_time(self):
        self.start_spreader()
        ends_ms = [self.subscribe(number, f"{0:022d}", 1 + number // 2)
                   for number in range(SHARDS)]
        wait_until(lambda: all(self.ended_ms(n) for n in range(SHARDS)),
                   "all have ended")
        self.check_late([self.ended_ms(n)[0] - ends_ms[n]
                         for n in range(SHARDS)])

    def test_leases_of_one_leaf_that_end_one_after_the_other_do(self):
        self.start_spreader()
        for n in range(100):
            self.subscribe(0, f"{n + 100:022d}", 3600)
        ends_ms = [self.subscribe(0, f"{n:022d}", 1 + n // 3)
                   for n in range(10)]
        wait_until(lambda: len(self.ended_ms(0)) == 10, "they have ended")
        self.check_late([ended - due for ended, due in
                         zip(self.ended_ms(0), ends_ms)])

    def test_pull_subscriptions_end_in_time(self):
        self.start_spreader()
        names = [f"app:{n}" for n in range(20)]
        for n, name in enumerate(names):
            self.run_script("pull_add", shard(name, SHARDS), name, SHARDS, "",
                            1 + n % 4, 0, "", 0, 0)
        due_ms = {member.decode(): int(float(score)) for n in range(SHARDS)
                  for member, score in self.pairs(n)}
        ended_ms = {}

        def all_ended():
            left = {member.decode() for n in range(SHARDS)
                    for member, _ in self.pairs(n)}
            now_ms = self.redis.now_ms()
            for name in set(names) - left:
                ended_ms.setdefault(name, now_ms)
            return not left

        wait_until(all_ended, "all have ended")
        self.check_late([ended_ms[name] - due_ms[name] for name in names])

    def pairs(self, number):
        flat = self.redis.call("ZRANGE", f"websub:{{{number}}}:pull_seen", 0,
                               -1, "WITHSCORES")
        return list(zip(flat[::2], flat[1::2]))

    def fill(self, number, count, ends_s):
        """Subscriptions that lapse at once, each 100 in a leaf."""
        td = f"many{number:018d}"
        prefix = f"websub:{{{number}}}:"
        for first in range(0, count, LEAF):
            cds = [f"{n:022d}" for n in range(first, first + LEAF)]
            bound = f"{td}:{cds[0]}"
            self.redis.call("HSET", f"{prefix}sub:{td}", *(
                word for cd in cds
                for word in (cd, f"1 {ends_s} 60 1 - {CALLBACK} -")))
            self.redis.call("ZADD", f"{prefix}subs:{bound}", *(
                word for cd in cds for word in (0, f"{td}:{cd}")))
            self.redis.call("ZADD", f"{prefix}bounds", 0, bound)
            self.redis.call("ZADD", f"{prefix}lease", ends_s, bound)

    def test_many_at_once_end_in_short_calls_and_hold_up_no_other_shard(self):
        self.start_spreader()
        count = 4000
        ends_s = self.redis.now_ms() // 1000 + 4
        self.fill(0, count, ends_s)
        other_ms = self.subscribe(1, f"{0:022d}", 5)
        wait_until(lambda: self.ended_ms(1), "the other one has ended")
        self.check_late([self.ended_ms(1)[0] - other_ms])
        wait_until(lambda: self.spreader.metric(
            "websubd_spreader_leases_ended_total") == count + 1,
            "all have ended")
        self.assertEqual(self.redis.call(
            "HLEN", "websub:{0}:sub:many" + "0" * 18), 0)
        self.assertEqual(self.redis.call("EXISTS", "websub:{0}:lease"), 0)


if __name__ == "__main__":
    unittest.main()
