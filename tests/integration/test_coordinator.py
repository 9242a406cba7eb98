"""The coordinator: who is it, and what becomes of its row."""

import threading
import unittest

from support.cluster import Cluster
from support.cluster_test import ClusterTest
from support.wait import wait_until

_SOMEBODY = ("name", "somebody", "incarnation", 1, "epoch", 1)
_ON_ITS_WAY_S = 0.3  # three times the interval in which it is asked for


class StepsDown(ClusterTest):
    def row(self):
        flat = Cluster(self.redis).call("HGETALL", "owner")
        words = [word.decode() for word in flat]
        return dict(zip(words[::2], words[1::2]))

    def give_to_somebody(self, until):
        Cluster(self.redis).call("HSET", "owner", *_SOMEBODY, "until", until)

    def wait_coordinator(self):
        wait_until(lambda: self.row().get("until", "0") != "0",
                   "there is a coordinator")

    def test_a_spreader_that_is_the_coordinator_releases_it(self):
        self.start(roles=("spreader",))
        self.wait_coordinator()
        self.system.programs[0].stop()
        self.assertEqual(self.row()["until"], "0")

    def test_a_spreader_that_becomes_it_while_it_ends_releases_it(self):
        self.start(roles=("spreader",), shards=1)
        self.wait_coordinator()
        self.give_to_somebody(self.redis.now_ms() + 4000)
        self.system.programs[0].wait_event("leader-mismatch")
        self.redis.call("HSET", "websub:{c}:owner", "until", 0)
        self.redis.freeze()
        threading.Event().wait(_ON_ITS_WAY_S)  # may be longer, or shorter
        self.system.programs[0].terminate()
        threading.Event().wait(_ON_ITS_WAY_S)
        self.redis.thaw()
        self.system.programs[0].wait_exit()
        self.assertEqual(self.row()["until"], "0")


if __name__ == "__main__":
    unittest.main()
