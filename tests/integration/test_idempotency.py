"""Content pushed with an Idempotency-Key: one event, however often it comes."""

import json
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.proxy import Proxy
from support.redis import RedisError
from support.scripts import ScriptTest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
WINDOW_S = 86400


class KeyTest(SystemTest):
    def key(self, topic, key):
        """Where Redis remembers the push."""
        return self.system.store.key(topic,
                                     "idem:" + digest(f"{topic}\n{key}"))

    def log(self, topic=TOPIC):
        """The events of the topic's shard, as pairs of id and body."""
        entries = self.system.redis.call(
            "XRANGE", self.system.store.key(topic, "log"), "-", "+")
        return [(name.decode(), dict(zip(fields[::2], fields[1::2]))[b"b"])
                for name, fields in entries]

    def push(self, key, body=b"1", topic=TOPIC):
        """Publishes, which must be accepted; returns the event's id."""
        answer = self.system.hub.push(topic, body, key=key)
        self.assertEqual(answer.status, 202, answer)
        event = json.loads(answer.body)["id"]
        self.assertEqual(answer.headers["Location"], "/events/" + event)
        self.assertEqual(answer.headers["Link"],
                         f'<{self.system.hub.url}>; rel="hub"')
        return event


class OneHub(KeyTest):
    def setUp(self):
        self.start_system(roles=("hub",))

    def test_repeated_it_is_the_same_event(self):
        first = self.push("k", b"1")
        self.assertEqual(self.push("k", b"1"), first)
        self.assertEqual(self.push("k", b"other"), first)
        shard = self.system.store.key(TOPIC, "")[len("websub:{"):].split("}")
        self.assertEqual([(f"{shard[0]}-{name}", body)
                          for name, body in self.log()], [(first, b"1")])

    def test_without_a_key_each_push_is_an_event(self):
        self.assertNotEqual(self.push(None), self.push(None))
        self.assertEqual(len(self.log()), 2)

    def test_other_keys_and_other_topics_are_other_events(self):
        other = "http://publisher.example/other"
        events = {self.push("k"), self.push("K"), self.push("k", topic=other),
                  self.push("k", topic="a.b")}
        self.assertEqual(len(events), 4)

    def test_spellings_of_a_topic_are_one(self):
        self.assertEqual(self.push("k"), self.push(
            "k", topic="http://publisher.example/%74opic"))
        self.assertEqual(self.push("k", topic="a.b"),
                         self.push("k", topic="A.b"))

    def test_100_at_once_are_one_event(self):
        barrier = threading.Barrier(100)
        events, failures = [], []

        def one():
            barrier.wait()
            try:
                events.append(self.push("k"))
            except BaseException as failure:  # told by the test's thread
                failures.append(failure)
        threads = [threading.Thread(target=one) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual((len(events), len(set(events))), (100, 1))
        self.assertEqual(len(self.log()), 1)

    def test_the_key_is_forgotten_after_a_day(self):
        first, redis = self.push("k"), self.system.redis
        left_ms = redis.call("PTTL", self.key(TOPIC, "k"))
        self.assertGreater(left_ms, (WINDOW_S - 60) * 1000)
        self.assertLessEqual(left_ms, WINDOW_S * 1000)
        redis.call("PEXPIRE", self.key(TOPIC, "k"), 1)
        wait_until(lambda: not redis.call("EXISTS", self.key(TOPIC, "k")),
                   "it has expired")
        self.assertNotEqual(self.push("k"), first)
        self.assertEqual(len(self.log()), 2)

    def test_a_refused_push_leaves_no_key(self):
        """Redis is full, and the hub can't know beforehand."""
        redis = self.system.redis
        redis.change_rights("-info")
        self.system.program("hub").wait_event("redis-memory-unknown")
        redis.call("CONFIG", "SET", "maxmemory", 1)
        before = redis.snapshot()
        self.assertEqual(self.system.hub.push(TOPIC, b"1", key="k").status,
                         503)
        self.system.program("hub").wait_event("redis-refused")
        self.assertEqual(redis.snapshot(), before)
        redis.call("CONFIG", "SET", "maxmemory", 0)
        self.push("k")
        self.assertEqual(len(self.log()), 1)


class HubEnds(KeyTest):
    def test_stored_and_not_answered_it_is_told_on_the_retry(self):
        self.start_system(roles=())
        proxy = Proxy(self.system.redis)
        self.addCleanup(proxy.close)
        hub = self.system.start("hub", redis_url=proxy.url,
                                redis_timeout_ms=60000)
        self.push("other")  # so that Redis has the script
        proxy.silence()
        waiting = threading.Thread(target=self.push_and_lose)
        waiting.start()
        wait_until(lambda: len(self.log()) == 2, "the event is stored")
        hub.kill()
        waiting.join()
        self.system.start("hub")
        event = self.push("k", b"again")
        _, (name, body) = self.log()
        self.assertTrue(event.endswith("-" + name), (event, name))
        self.assertEqual(body, b"1")

    def push_and_lose(self):
        try:
            self.system.hub.push(TOPIC, b"1", key="k")
        except OSError:
            pass  # the hub is killed before it can answer


class Script(ScriptTest):
    """push.lua when Redis is full."""

    def test_neither_event_nor_key_is_left(self):
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        self.addCleanup(self.redis.call, "CONFIG", "SET", "maxmemory", 0)

        def push():
            with self.assertRaises(RedisError):
                self.run_script("push", "K", WINDOW_S, "v", 1, "t", "a.b",
                                "ct", "text/plain", "b", "x")
        self.unchanged_by(push)


if __name__ == "__main__":
    unittest.main()
