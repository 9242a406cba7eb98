"""Pull subscriptions that nobody uses end, whichever spreader owns their shard,
and are told once."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster_test import ClusterTest
from support.keys import shard
from support.owners import Owners
from support.scripts import whole
from support.wait import wait_until

SHARDS = 8
HELD_MS = 5000
LATE_MS = 4000  # a shard without any is looked at each 5 s unless it is woken


class Expiry(ClusterTest):
    def start_spreaders(self, count, **options):
        self.start(shards=SHARDS, roles=("deliver",), shard_lease_ms=1500,
                   heartbeat_timeout_ms=3000, **options)
        self.owners = Owners(self.redis, SHARDS)
        self.spreaders = [self.system.start("spreader", wait=False)
                          for _ in range(count)]
        self.owners.wait_shared(count)
        self.texts = {name: whole(name) for name in
                      ("pull_add", "pull_begin", "pull_end")}

    def run_script(self, name, subscription, *args):
        prefix = f"websub:{{{shard(subscription, SHARDS)}}}:"
        return self.redis.call("EVAL", self.texts[name], 1, prefix,
                               subscription, SHARDS, *args)

    def add(self, *names, ttl_s=1):
        for name in names:
            self.assertEqual(self.run_script("pull_add", name, "", ttl_s, 0,
                                             "", 0, 0), b"done")

    def members(self, key="pulls"):
        return {name.decode() for n in range(SHARDS) for name in
                self.redis.call("ZRANGE", f"websub:{{{n}}}:{key}", 0, -1)}

    def wait_ended(self, names):
        wait_until(lambda: not self.members() & set(names), "all have ended")

    def told(self):
        """How many ended, by the logs and by the metrics."""
        lines = [line for spreader in self.spreaders
                 for line in spreader.events("pull-subscriptions-ended")]
        return (sum(int(line["count"]) for line in lines),
                sum(spreader.metric("websubd_spreader_pull_expired_total")
                    for spreader in self.spreaders))

    def test_of_several_spreaders_one_ends_each(self):
        self.start_spreaders(3)
        names = [f"app:{n}" for n in range(200)]
        self.add(*names)
        wait_until(lambda: sum(
            spreader.waiting("pull")
            for spreader in self.spreaders) == 0 and not self.members(),
                   "all have ended")
        wait_until(lambda: self.told() == (200, 200), "each is told once")
        self.assertEqual(self.members("pull_seen"), set())

    def test_a_shard_that_had_none_is_looked_at_in_time(self):
        self.start_spreaders(1)
        self.add("app:one")
        ends_ms = self.redis.now_ms() + 1000
        self.wait_ended(["app:one"])
        late_ms = self.redis.now_ms() - ends_ms
        self.assertTrue(-100 < late_ms < LATE_MS, late_ms)

    def test_who_owns_a_shard_after_another_died_goes_on(self):
        self.start_spreaders(2)
        names = [f"app:{n}" for n in range(50)]
        self.add(*names, ttl_s=3)
        victim = self.spreaders.pop()
        victim.kill()
        self.system.programs.remove(victim)
        self.wait_ended(names)
        wait_until(lambda: self.told() == (50, 50), "each is told")

    def test_one_for_which_a_request_waits_stays(self):
        self.start_spreaders(2)
        names = [f"app:{n}" for n in range(20)]
        self.add(*names)
        for name in names[:10]:
            word, *_ = self.run_script("pull_begin", name, "token", 600000, 0,
                                       HELD_MS, "")
            self.assertEqual(word, b"done")
        self.wait_ended(names[10:])
        self.assertEqual(self.members(), set(names[:10]))
        for name in names[:10]:
            self.run_script("pull_end", name, "token", 0, "-")
        self.wait_ended(names)

    def test_redis_clock_that_went_wrong_does_no_lasting_harm(self):
        self.start_spreaders(1, redis_clock=True)
        self.redis.set_clock(90 * 24 * 3600)
        self.add("app:one", ttl_s=2)
        self.redis.set_clock(0)
        self.wait_ended(["app:one"])


if __name__ == "__main__":
    unittest.main()
