"""Recent events of a topic: listed, shown, and delivered again."""

import base64
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import SHARDS, AdminTest
from support.keys import shard
from support.orders import Orders
from support.wait import wait_until

PATH = "/admin/topic-events"
URL = "http://publisher.example/topic"
BELOW = ("a.b", "a.b.c", "a.b.c.d")


class EventsTest(AdminTest):
    def push(self, topic, body=b"body"):
        return json.loads(self.system.push(topic, body, "text/plain").body)[
            "id"]

    def ids(self, topic, **query):
        return [row["id"] for row in
                self.pages(PATH, "events", hub_topic=topic, **query)]


class Listing(EventsTest):
    def test_nothing(self):
        self.assertEqual(self.get(PATH, hub_topic="a.b"), {"events": []})

    def test_the_newest_come_first_with_those_below(self):
        found = {topic: [] for topic in (*BELOW, "a", "a.bc", URL)}
        for n in range(8):
            for topic in found:
                found[topic].append(self.push(topic, b"%d" % n))

        def wanted(*topics):
            return [event for n in range(7, -1, -1)
                    for topic in reversed(list(found)) if topic in topics
                    for event in [found[topic][n]]]
        for limit in (1, 3, 50, 200):
            self.assertEqual(self.ids("A.b", limit=limit), wanted(*BELOW))
        self.assertEqual(self.ids("a.b.c.d"), wanted("a.b.c.d"))
        self.assertEqual(self.ids(URL), wanted(URL))
        self.assertEqual(self.ids("a"), wanted(*BELOW, "a", "a.bc"))

    def test_a_row_is_what_the_event_s_path_tells(self):
        event = self.push("a.b")
        row, = self.get(PATH, hub_topic="a.b")["events"]
        self.assertEqual(row, json.loads(
            self.hub.get(f"/events/{event}").body))

    def test_a_request_looks_at_a_part_of_the_log(self):
        """Large ones of another topic are passed, some in each request."""
        first = self.push("a.b")
        log = self.system.store.key("a.b", "log")
        for _ in range(30):
            self.redis.call("XADD", log, "*", "v", 1, "t", "a.x", "ct", "x",
                            "b", b"x" * 2 ** 20)
        page = self.get(PATH, hub_topic="a.b")
        self.assertEqual(page["events"], [])
        self.assertEqual(self.ids("a.b"), [first])

    def test_what_is_no_event_is_passed(self):
        first = self.push("a.b")
        self.redis.call("XADD", self.system.store.key("a.b", "log"), "*", "x",
                        "y")
        self.assertEqual(self.ids("a.b"), [first])

    def test_what_is_refused(self):
        other = (shard("a.b", SHARDS) + 1) % SHARDS
        for query in ({}, {"hub_topic": "a..b"}, {"hub_topic": "*"},
                      {"hub_topic": "a.b", "limit": 0},
                      {"hub_topic": "a.b", "from": "x"},
                      {"hub_topic": "a.b", "from": f"{other}-1-1"}):
            self.assertEqual(self.ask(PATH, **query).status, 400, query)


class One(EventsTest):
    def test_its_content_is_told(self):
        body = bytes(range(256))
        event = self.push("a.b", body)
        found = self.get(f"{PATH}/{event}")
        self.assertEqual(base64.b64decode(found.pop("content")), body)
        self.assertFalse(found.pop("truncated"))
        self.assertEqual(found, self.get(PATH, hub_topic="a.b")["events"][0])

    def test_a_large_one_is_cut(self):
        event = self.push("a.b", b"x" * 65537)
        found = self.get(f"{PATH}/{event}")
        self.assertEqual(base64.b64decode(found["content"]), b"x" * 65536)
        self.assertTrue(found["truncated"])
        self.assertEqual(found["size"], 65537)

    def test_of_an_empty_one(self):
        found = self.get(f"{PATH}/{self.push('a.b', b'')}")
        self.assertEqual((found["content"], found["truncated"]), ("", False))

    def test_of_one_that_has_left_the_log_and_is_kept(self):
        event = self.push("a.b", b"kept")
        shard_number, stream_id = event.split("-", 1)
        log = self.system.store.key("a.b", "log")
        fields = self.redis.call("XRANGE", log, stream_id, stream_id)[0][1]
        self.redis.call("HSET", f"websub:{{{shard_number}}}:kept:{stream_id}",
                        *fields)
        self.redis.call("XDEL", log, stream_id)
        found = self.get(f"{PATH}/{event}")
        self.assertEqual(base64.b64decode(found["content"]), b"kept")
        self.assertIsNone(found["deliveries"])
        for path in (f"/events/{event}", f"/events/{event}/body"):
            self.assertEqual(self.hub.get(path).status, 404)

    def test_an_unknown_one(self):
        for event in ("0-1-1", "x", "99-1-1"):
            self.assertEqual(self.ask(f"{PATH}/{event}").status, 404)


class Deliver(Orders, EventsTest):
    roles = ("hub", "spreader", "deliver")

    def active(self, path, topic, **options):
        callback = self.subscriber.callback(path)
        self.system.activate(topic, callback, **options)
        return callback

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()
        self.system.start("deliver")
        self.one, self.two = (self.active(f"/{n}", "a.b") for n in range(2))
        self.above, self.all = self.active("/a", "a"), self.active("/all", "*")
        self.everyone = (self.one, self.two, self.above, self.all)
        self.event = self.push("a.b")
        self.push("a.b", b"another")
        for callback in self.everyone:
            callback.wait_deliveries(2)
        self.system.wait_idle()

    def deliver(self, status=202, event=None, **body):
        answer = self.send(f"{PATH}/{event or self.event}/deliver", body)
        self.assertEqual(answer.status, status, answer)
        return json.loads(answer.body)["id"] if status == 202 else None

    def wait_done(self, replay):
        wait_until(lambda: self.get(f"/admin/replay/{replay}")["state"] ==
                   "done", "it is done")
        self.system.wait_idle()

    def again(self, callback):
        return [d.headers["Websubd-Event"] for d in callback.deliveries
                if d.headers["Websubd-Replay"] == "1"]

    def test_to_all_subscriptions_to_its_topic(self):
        self.wait_done(self.deliver())
        self.assertEqual([self.again(c) for c in self.everyone],
                         [[self.event], [self.event], [], []])

    def test_to_one_at_any_level(self):
        for callback in self.everyone:
            self.wait_done(self.deliver(callback=callback.url))
            for other in self.everyone:
                self.assertEqual(len(self.again(other)), int(
                    self.everyone.index(other) <=
                    self.everyone.index(callback)))

    def test_whoever_owns_the_shard(self):
        replay = self.deliver()
        victim = self.system.program("spreader")
        victim.kill()
        self.system.presume_dead(victim)
        self.system.start("spreader")
        self.wait_done(replay)
        for callback in (self.one, self.two):
            self.assertEqual(set(self.again(callback)), {self.event})

    def test_what_is_refused(self):
        self.deliver(404, callback="http://127.0.0.1:9/unknown")
        self.deliver(404, event="0-1-1")
        self.deliver(404, event="x")
        self.deliver(400, callback="x")
        self.deliver(400, call_back=self.one.url)
        self.assertEqual(self.send(f"{PATH}/{self.event}/deliver", {},
                                   token=None).status, 401)


if __name__ == "__main__":
    unittest.main()
