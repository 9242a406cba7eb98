"""GET /admin/topics and /admin/topic: which topics there are, and how one does."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import (CALLBACK, SHARDS, AdminTest, topic_of_each_shard)
from support.keys import digest, shard
from support.wait import wait_until

TOPIC = "orders.created"
URL = "http://publisher.example/topic"


class TopicsTest(AdminTest):
    def subscription(self, topic=TOPIC, callback=CALLBACK, **options):
        super().subscription(topic, callback, **options)
        self.redis.call("HSET", self.system.store.key(
            topic, f"sub:{digest(topic)}"), "t", topic)


class Topics(TopicsTest):
    def rows(self, **query):
        return {row["topic"]: row["subscriptions"] for row in
                self.pages("/admin/topics", "topics", **query)}

    def test_nothing(self):
        self.assertEqual(self.get("/admin/topics"), {"topics": []})

    def test_all_by_pages_of_any_size(self):
        expected = {}
        for k, topic in enumerate((*topic_of_each_shard(), TOPIC, "orders",
                                   "*")):
            for n in range(k + 1):
                self.subscription(topic, f"{CALLBACK}/{n}")
            expected[topic] = k + 1
        for limit in (1, 2, 3, 50, 200):
            self.assertEqual(self.rows(limit=limit), expected)
        for prefix in ("orders", "orders.", "http://", "*", "x"):
            self.assertEqual(self.rows(topic_prefix=prefix, limit=1), {
                topic: count for topic, count in expected.items()
                if topic.startswith(prefix)})

    def test_replicas_are_told_of_once(self):
        self.subscription("*")
        for base in self.system.store.bases():
            self.redis.call("HSET", f"{base}sub:{digest('*')}",
                            digest(CALLBACK), "x", "t", "*")
            self.redis.call("ZADD", f"{base}subs:", 0,
                            f"{digest('*')}:{digest(CALLBACK)}")
        self.assertEqual(self.rows(), {"*": 1})

    def test_a_request_is_bounded_and_the_pages_have_all(self):
        base = self.system.store.key(TOPIC, "")
        for at in range(0, 11000, 1000):
            self.redis.call("ZADD", f"{base}subs:", *(
                word for n in range(at, at + 1000)
                for word in (0, f"{n:022}:{digest(CALLBACK)}")))
        self.subscription()
        td = "~" * 22  # the last one
        self.redis.call("HSET", f"{base}sub:{td}", "x", "x", "t", "wanted")
        self.redis.call("ZADD", f"{base}subs:", 0, f"{td}:x")
        page = self.get("/admin/topics", topic_prefix="wanted")
        self.assertEqual(page["topics"], [])
        self.assertIn("next", page)
        self.assertEqual(self.rows(topic_prefix="wanted"), {"wanted": 1})

    def test_what_is_refused(self):
        for query in ({"from": "x"}, {"from": "99:"}, {"limit": 0},
                      {"topic_prefix": "x" * 2049}):
            self.assertEqual(self.ask("/admin/topics", **query).status, 400)
        self.assertEqual(self.ask("/admin/topics", token=None).status, 401)


class Topic(TopicsTest):
    def found(self, topic=TOPIC):
        return self.get("/admin/topic", hub_topic=topic)

    def push(self, topic=TOPIC):
        return json.loads(self.system.push(topic, b"body").body)["id"]

    def test_nothing_is_known(self):
        self.assertEqual(self.found("Orders.created"), {
            "topic": TOPIC, "subscriptions": 0, "newest": None,
            "events": {"kept": 0, "last_minute": 0, "last_hour": 0,
                       "counted_since_ms": None},
            "backlog": {"events": 0, "jobs": 0}, "fetch": None})

    def test_events_are_counted_with_those_below(self):
        self.subscription()
        self.subscription(callback=CALLBACK + "/2")
        log = self.system.store.key(TOPIC, "log")
        now = self.redis.now_ms()
        for age_ms in (4000000, 120000, 3000):
            self.redis.call("XADD", log, f"{now - age_ms}-1", "v", 1, "t",
                            TOPIC, "ct", "x", "b", "")
        self.push("orders")
        self.push("orders.other")
        newest = self.push("orders.created.eu")
        found = self.found()
        self.assertEqual((found["subscriptions"], found["newest"]),
                         (2, newest))
        self.assertEqual(found["events"], {
            "kept": 4, "last_minute": 2, "last_hour": 3,
            "counted_since_ms": None})
        self.assertEqual(found["backlog"], {"events": 4, "jobs": 0})

    def test_what_is_not_looked_at_is_told(self):
        log = self.system.store.key(TOPIC, "log")
        now = self.redis.now_ms()
        for n in range(2100):
            self.redis.call("XADD", log, f"{now + n}-0", "v", 1, "t", TOPIC,
                            "ct", "x", "b", "")
        events = self.found()["events"]
        self.assertTrue(2000 <= events["kept"] < 2100, events)
        self.assertEqual(events["counted_since_ms"],
                         now + 2100 - events["kept"])

    def test_of_everything_all_shards_are_counted(self):
        self.subscription("*")
        for base in self.system.store.bases():
            self.redis.call("HSET", f"{base}sub:{digest('*')}",
                            digest(CALLBACK), "x", "t", "*")
        events = [self.push(f"label{n}.x") for n in range(12)]
        self.push(URL)
        found = self.found("*")
        self.assertEqual((found["subscriptions"], found["events"]["kept"]),
                         (1, 12))
        self.assertIn(found["newest"], events)

    def test_what_is_refused(self):
        for query in ({}, {"hub_topic": "a..b"}):
            self.assertEqual(self.ask("/admin/topic", **query).status, 400)
        self.assertEqual(self.ask("/admin/topic", token=None,
                                  hub_topic=TOPIC).status, 401)


class Running(TopicsTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"retry_base_ms": 60000, "retry_cap_ms": 60000}

    def test_jobs_that_wait_and_the_last_fetch(self):
        publisher = self.system.publisher()
        topic = publisher.topic("/topic")
        callback = self.system.subscriber().callback("/cb")
        callback.default = 500
        self.system.activate(topic.url, callback)
        self.system.announce(topic.url)
        callback.wait_deliveries()

        def waits():
            found = self.get("/admin/topic", hub_topic=topic.url)
            return found if found["backlog"] == {"events": 0, "jobs": 1} \
                else None
        found = wait_until(waits, "its job waits")
        self.assertEqual((found["subscriptions"], found["fetch"]["status"],
                          found["events"]["kept"]), (1, 200, 1))
        self.assertEqual(int(found["newest"].split("-")[0]),
                         shard(topic.url, SHARDS))


if __name__ == "__main__":
    unittest.main()
