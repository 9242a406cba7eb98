"""Announced topics that somebody pulls, with real programs: fetched, and in the
log once per change; and events that leave are counted, whoever sweeps."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest, shard
from support.owners import Owners
from support.scripts import script_texts
from support.system import FAST, SystemTest
from support.wait import wait_until

A, B = b"<feed>A</feed>", b"<feed>B</feed>"
HOUR_MS = 3600 * 1000
SHARDS = FAST["shards"]


class PullTest(SystemTest):
    texts = script_texts()

    def base(self, topic):
        return f"websub:{{{shard(topic, SHARDS)}}}:"

    def run_script(self, name, base, *args):
        return self.system.redis.call("EVAL", self.texts[name], 1, base, *args)

    def want(self, topic):
        self.run_script("pull_want", self.base(topic), HOUR_MS, topic,
                        digest(topic))

    def page(self, topic, after="0-0"):
        """What was missed after a cursor, and the bodies of the first page."""
        _, _, missed, *flat = self.run_script(
            "pull_page", self.base(topic), after, 100, 1 << 20, topic)
        return missed, flat[4::5]

    def bodies(self, topic):
        return self.page(topic)[1]

    def wait_bodies(self, topic, *bodies):
        wait_until(lambda: self.bodies(topic) == list(bodies),
                   f"the log has {bodies}")


class Announced(PullTest):
    def setUp(self):
        self.start_system()
        self.publisher = self.system.publisher()

    def topic(self, **options):
        return self.publisher.topic("/feed", A, **options)

    def test_each_change_is_in_the_log_once(self):
        for validators in (True, False):
            with self.subTest(validators=validators):
                topic = self.publisher.topic(f"/{validators}", A,
                                             validators=validators)
                self.want(topic.url)
                fetches = 0
                for body, came in ((A, [A]), (A, [A]), (B, [A, B]), (B, [A, B]),
                                   (A, [A, B, A])):
                    if body != topic.body:
                        topic.update(body)
                    fetches += 1
                    self.system.announce(topic.url)
                    topic.wait_fetches(fetches)
                    self.system.wait_idle()
                    self.assertEqual(self.bodies(topic.url), came)
                agent = topic.fetches[0].headers["User-Agent"]
                self.assertNotIn("subscriber", agent)
                self.assertEqual("If-None-Match" in topic.fetches[1].headers,
                                 validators)

    def test_a_topic_that_nobody_pulls_is_not_fetched(self):
        topic, other = self.topic(), self.publisher.topic("/other", B)
        self.run_script("pull_want", self.base(topic.url), HOUR_MS, "",
                        digest(""))
        self.want(other.url)
        self.system.announce(topic.url)
        self.system.announce(other.url)
        self.wait_bodies(other.url, B)
        self.system.wait_idle()
        self.assertEqual(topic.fetches, [])

    def test_a_direct_producer_announces_it(self):
        topic = self.topic()
        self.want(topic.url)
        self.system.redis.call("XADD", self.base(topic.url) + "pings", "*",
                               "v", 1, "t", topic.url)
        self.wait_bodies(topic.url, A)

    def test_a_subscription_gets_what_it_would_without_who_pulls(self):
        callback = self.system.subscriber().callback("/cb")
        topic = self.topic(validators=False)
        self.system.activate(topic.url, callback)
        for count, (body, came) in enumerate((
                (A, [A]), (A, [A]), (B, [A, B]), (A, [A, B, A]),
                (A, [A, B, A])), 1):
            if count == 2:
                self.want(topic.url)
            topic.update(body)
            self.system.announce(topic.url)
            topic.wait_fetches(count)
            self.system.wait_idle()
            self.assertEqual(callback.bodies(), came)
            self.assertEqual(self.bodies(topic.url), came)
        agent = topic.fetches[-1].headers["User-Agent"]
        self.assertIn("1 subscriber", agent)

    def test_it_is_fetched_once_more_after_a_push(self):
        topic = self.topic()
        self.want(topic.url)
        self.system.announce(topic.url)
        self.wait_bodies(topic.url, A)
        self.system.push(topic.url, B)
        self.system.wait_idle()
        self.system.announce(topic.url)
        self.wait_bodies(topic.url, A, B, A)


class Swept(PullTest):
    def test_what_leaves_is_counted_once_whoever_owns_the_shard(self):
        """The spreaders die one after the other while they sweep."""
        self.start_system(roles=("hub", "spreader"), shard_lease_ms=1500,
                          heartbeat_timeout_ms=3000, retention_s=2)
        for _ in range(2):
            self.system.start("spreader")
        owners = Owners(self.system.redis, SHARDS)
        owners.wait_shared(3)
        topics = [f"http://publisher.example/{n}" for n in range(8)]
        for topic in topics:
            self.want(topic)
        for victim in (None, "spreader", "spreader"):
            for n in range(50):
                for topic in topics:
                    self.system.push(topic, str(n).encode())
            if victim:
                program = [p for p in self.system.programs if p.running and
                           p.name == "websub-spreader"][-1]
                program.kill()
        for topic in topics:
            wait_until(lambda t=topic: self.page(t) == (150, []),
                       f"all events of {topic} have left", 30)


if __name__ == "__main__":
    unittest.main()
