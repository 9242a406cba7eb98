"""What the dead have left, and what was lost: found, and mended."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.health import TD, TOPIC, HealthWorkTest
from support.scripts import host_id
from support.wait import wait_until


class Orphans(HealthWorkTest):
    def test_what_a_process_that_is_gone_has_claimed(self):
        """Its consumer is known to nobody: what it holds is handed over."""
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"claimed")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.redis.call("XREADGROUP", "GROUP", "deliver", "ghost:5", "STREAMS",
                        self.key("outbox"), ">")
        self.switch(False)
        self.system.start("deliver")
        self.mended(("orphaned", "outbox", "hand-over"))
        wait_until(lambda: [d.body for d in self.callback.deliveries] ==
                   [b"claimed"], "it is delivered")

    def test_a_consumer_that_is_no_process(self):
        self.switch(False)
        self.call("XGROUP CREATECONSUMER", "bulk", "deliver", "nobody")
        self.mended(("orphaned", "bulk", "drop-consumer"))

    def test_the_process_that_lives_is_left_alone(self):
        names = {row[1] for row in self.call("XINFO CONSUMERS", "outbox",
                                             "deliver")}
        self.check()
        self.assertEqual(self.issues(), set())
        self.assertEqual({row[1] for row in self.call(
            "XINFO CONSUMERS", "outbox", "deliver")}, names)


class Lost(HealthWorkTest):
    def test_the_cursor_job_of_a_suspended_subscription(self):
        """Without it the subscription would wait for ever."""
        self.suspend()
        wait_until(lambda: self.call("ZCARD", "retry") == 1, "a probe waits")
        self.switch(False)
        self.call("DEL", "retry")
        self.callback.default = 204
        self.mended(("corrupt", f"cursor:{TD}", "count"))
        wait_until(lambda: {b"fails", b"fails too"} <= {
            d.body for d in self.callback.deliveries}, "it gets what it missed")
        self.system.push(TOPIC, b"new")
        wait_until(lambda: self.callback.deliveries[-1].body == b"new",
                   "and what is new")

    def test_the_cursor_of_a_suspended_subscription(self):
        self.suspend()
        self.switch(False)
        self.call("HSET", f"cursor:{TD}", self.cd, "garbage")
        self.callback.default = 204
        self.mended(("corrupt", f"cursor:{TD}", "restore-cursor"))
        self.system.push(TOPIC, b"new")
        wait_until(lambda: any(d.body == b"new"
                               for d in self.callback.deliveries), "it is well")

    def test_the_index_of_subscriptions(self):
        self.switch(False)
        self.call("DEL", "subs:", "lease", "bounds")
        self.mended(("corrupt", f"sub:{TD}", "index"))
        self.system.push(TOPIC, b"new")
        self.system.wait_idle()
        self.assertEqual([d.body for d in self.callback.deliveries], [b"new"])
        self.assertEqual(self.call("ZCARD", "lease"), 1)

    def test_the_counts_of_subscriptions(self):
        """Of the shard, and of callback hosts: one too many, one lost, one of
        nobody."""
        host = host_id(self.callback.url)
        right = self.call("HGETALL", "counts"), self.call(
            "HGETALL", f"hosts:{host[:3]}")
        self.assertIn(b"s", right[0])
        self.assertIn(b"u", right[0])
        self.switch(False)
        self.call("HINCRBY", "counts", "s", 7)
        self.call("HDEL", "counts", "u")
        self.call("DEL", f"hosts:{host[:3]}")
        self.call("HSET", "hosts:fff", "0123456789abc", 5)
        self.mended(("corrupt", "counts", "count-subscriptions"))
        self.assertEqual((self.call("HGETALL", "counts"), self.call(
            "HGETALL", f"hosts:{host[:3]}")), right)
        self.assertFalse(self.exists("hosts:fff"))

    def test_references_of_events(self):
        """Too few would let the content go."""
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        wait_until(lambda: len(self.cluster.records()) == 2, "it is removed")
        self.system.push(TOPIC, b"waits")
        wait_until(lambda: self.call("XLEN", "outbox") == 1, "it is posted")
        self.switch(False)
        refs = self.call("HGETALL", "refs")
        self.call("DEL", "refs")
        self.mended(("corrupt", "refs", "count"))
        self.assertEqual(self.call("HGETALL", "refs"), refs)
        self.system.start("deliver")
        self.system.wait_idle()
        self.assertEqual(self.call("HLEN", "refs"), 0)


class Held(HealthWorkTest):
    """What could not be interpreted waits for another attempt."""

    def hold(self):
        """A job, as the record of its subscription is of a newer version;
        returns that record as it was."""
        record = self.call("HGET", f"sub:{TD}", self.cd)
        self.call("HSET", f"sub:{TD}", self.cd, b"2" + record[1:])
        self.system.push(TOPIC, b"held")
        wait_until(lambda: self.call("XLEN", "held") == 1, "it is held")
        return record

    def check_delivered(self):
        wait_until(lambda: [d.body for d in self.callback.deliveries] ==
                   [b"held"], "it is delivered")
        self.system.wait_idle()
        self.assertEqual(self.call("XLEN", "held"), 0)

    def test_it_is_left_alone(self):
        record = self.hold()
        self.assertEqual(self.issues(), set())
        self.call("HSET", f"sub:{TD}", self.cd, record)
        self.system.make_due()
        self.check_delivered()

    def test_it_comes_back_when_nobody_would_come_for_it(self):
        record = self.hold()
        self.switch(False)
        self.call("DEL", "retry")
        self.call("HSET", f"sub:{TD}", self.cd, record)
        self.mended(("orphaned", "held", "plan-held"))
        self.check_delivered()


if __name__ == "__main__":
    unittest.main()
