"""Dotted topics: what a subscription to a level receives, once a callback."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.subscriber import Answer
from support.system import SystemTest
from support.wait import wait_until

SHARDS = 4


class Dotted(SystemTest):
    def setUp(self):
        self.start_system(**self.settings())
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def settings(self):
        return {}

    def active(self, topic, path="/cb", kept_as=None, **options):
        callback = self.subscriber.callback(path)
        self.subscribe(topic, callback, kept_as, **options)
        return callback

    def subscribe(self, topic, callback, kept_as=None, **options):
        self.system.request(topic, callback, **options)
        self.system.wait_active(kept_as or topic, callback)

    def push(self, topic, body=b"body"):
        self.system.push(topic, body)
        self.system.wait_idle()


class Matching(Dotted):
    def test_a_level_receives_itself_and_all_below(self):
        callback = self.active("a.b")
        for topic in ("a.b", "a.b.c", "a.b.c.d", "a.bb", "a", "b.a.b",
                      "a.b-c"):
            self.push(topic, topic.encode())
        self.assertEqual(callback.bodies(), [b"a.b", b"a.b.c", b"a.b.c.d"])

    def test_three_spellings_are_one_subscription(self):
        callback = self.active("a.b")
        for spelling in ("a.b.", "A.B.*", "a.B"):
            callback.verifications.clear()
            self.system.request(spelling, callback)
            asked, = callback.wait_verifications()
            self.assertEqual(asked.fields["hub.topic"], spelling)
            self.system.wait_decided("a.b", callback)
        self.assertEqual(self.store.subscribers("a.b"), 1)
        self.push("a.b.c")
        self.assertEqual(len(callback.deliveries), 1)

    def test_case_does_not_count(self):
        callback = self.active("Order.Created", kept_as="order.created")
        self.push("ORDER.created.EU")
        self.assertEqual(len(callback.deliveries), 1)

    def test_several_levels_of_one_callback_are_one_delivery(self):
        callback = self.active("a.b.c", secret="deepest")
        for topic in ("a.b", "a", "*"):
            self.subscribe(topic, callback)
        self.push("a.b.c")
        self.assertEqual(len(callback.deliveries), 1)
        self.assertIn("X-Hub-Signature", callback.deliveries[0].headers)
        self.push("a.x")
        self.assertEqual(len(callback.deliveries), 2)
        self.assertNotIn("X-Hub-Signature", callback.deliveries[1].headers)

    def test_url_topics_match_exactly_beside_dotted_ones(self):
        url = "http://publisher.example/a.b"
        exact = self.active(url, "/exact")
        below = self.active("a", "/below")
        self.push(url)
        self.push("a.b")
        self.push(url + ".c")
        self.assertEqual(len(exact.deliveries), 1)
        self.assertEqual(len(below.deliveries), 1)

    def test_deep_topics(self):
        callback = self.active("a")
        self.push("a" + ".b" * 1000)
        self.assertEqual(len(callback.deliveries), 1)

    def test_another_level_takes_over_what_is_queued(self):
        gate = self.gate()
        callback = self.active("a.b")
        self.subscribe("a", callback)
        callback.next_answers(Answer(500, gate=gate))
        self.system.push("a.b", b"body")
        callback.wait_deliveries()
        self.system.hub.unsubscribe("a.b", callback.url)
        self.system.wait_gone("a.b", callback)
        gate.set()
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"body", b"body"])

    def test_dotted_topics_are_not_announced(self):
        answer = self.system.hub.announce("a.b")
        self.assertEqual(answer.status, 400)
        self.assertIn("content push", answer.body.decode())


class Wildcard(Dotted):
    # First labels that fall into each of the four shards.
    TOPICS = ("a.x", "b.x", "c.x", "d.x", "e.x", "f.x", "g.x", "h.x")

    def wait_replicas(self, callback, count):
        wait_until(lambda: self.system.store.replicas(callback.url) == count,
                   f"{count} shards know the subscription")

    def wildcard(self):
        callback = self.active("*")
        self.wait_replicas(callback, SHARDS)
        self.system.wait_decided("*", callback)
        return callback

    def push_all(self):
        for topic in self.TOPICS:
            self.system.push(topic, topic.encode())
        self.system.wait_idle()

    def test_the_wildcard_receives_every_dotted_topic_of_every_shard(self):
        callback = self.wildcard()
        self.push_all()
        self.push("http://publisher.example/x")
        self.assertEqual(sorted(callback.bodies()),
                         sorted(t.encode() for t in self.TOPICS))

    def test_the_wildcard_ends_in_every_shard(self):
        callback = self.wildcard()
        self.system.hub.unsubscribe("*", callback.url)
        self.wait_replicas(callback, 0)
        self.push_all()
        self.assertEqual(callback.bodies(), [])

    def test_410_ends_the_wildcard_in_every_shard(self):
        callback = self.wildcard()
        callback.next_answers(410)
        self.push("a.x")
        self.wait_replicas(callback, 0)
        self.push_all()
        self.assertEqual(len(callback.deliveries), 1)

    def test_renewal_changes_every_replica(self):
        callback = self.wildcard()
        self.system.activate("*", callback, secret="new")
        self.system.wait_decided("*", callback)
        self.push_all()
        for delivery in callback.deliveries:
            self.assertIn("X-Hub-Signature", delivery.headers)

    def test_replicas_are_made_after_a_crash(self):
        """A request that was confirmed at home, whose process then died."""
        callback = self.subscriber.callback("/cb")
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.request("*", callback)
        td, cd = digest("*"), digest(callback.url)
        name = f"request:{td}:{cd}:s"
        self.system.redis.call("HSET", self.store.key("*", name), "ok", 1)
        self.system.redis.call(
            "HSET", self.store.key("*", f"sub:{td}"), cd,
            f"1 99999999999 60 1 - {callback.url} -")
        self.system.start("deliver")
        self.wait_replicas(callback, SHARDS)
        self.system.wait_decided("*", callback)
        self.assertEqual(callback.verifications, [])


class Many(Dotted):
    """100,000 subscriptions at each of four levels, with callbacks in common,
    written into Redis as `verified` would."""

    LEVELS = ("a.b.c", "a.b", "a", "*")
    EACH = 100_000
    STEP = 50_000  # each level begins so many callbacks after the one before

    def settings(self):
        return {"roles": ("hub", "spreader"), "shards": 1,
                "fanout_backlog": 1_000_000}

    def test_levels_merge_without_duplicates(self):
        redis = self.system.redis
        self.fill(redis)
        distinct = self.EACH + self.STEP * (len(self.LEVELS) - 1)
        self.system.push("a.b.c", b"body")
        lanes = [self.store.key("a", lane) for lane in ("outbox", "bulk")]
        wait_until(self.store.fanned_out, "the event is finished")
        jobs = [job for lane in lanes for job in self.jobs(redis, lane)]
        self.assertEqual(len(jobs), distinct)
        self.assertEqual(len(set(jobs)), distinct)

    def fill(self, redis):
        for at, level in enumerate(self.LEVELS):
            key = self.store.key("a", "subs:")
            first = at * self.STEP
            for start in range(first, first + self.EACH, 1000):
                members = [part for n in range(start, start + 1000)
                           for part in ("0", f"{digest(level)}:{n:022d}")]
                redis.call("ZADD", key, *members)

    @staticmethod
    def jobs(redis, lane):
        """The callbacks of a lane's jobs."""
        jobs, start = [], "-"
        while True:
            page = redis.call("XRANGE", lane, start, "+", "COUNT", 10_000)
            if not page:
                return jobs
            jobs += [target.split(b":")[0] for _, fields in page
                     for target in fields[3].split(b" ")]
            start = "(" + page[-1][0].decode()


if __name__ == "__main__":
    unittest.main()
