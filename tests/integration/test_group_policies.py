"""What the hub takes and refuses as the topic's group says."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.groups import GroupsTest
from support.wait import wait_until

SHOP = {"prefix": "shop"}
URL = "http://127.0.0.1:9/feeds/"
PULL = "/api/workflow/subscription"
CALLBACK = "http://127.0.0.1:9/cb"


class PolicyTest(GroupsTest):
    roles = ("hub",)

    def pull(self, token=None, **body):
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.hub.request("POST", PULL, json.dumps(body), headers)

    def bearer(self, token):
        return {"Authorization": f"Bearer {token}"} if token else {}

    def push(self, topic, token=None, body=b"x"):
        return self.hub.push(topic, body, token=token).status

    def subscribe(self, topic, token=None, **options):
        return self.hub.subscribe(topic, CALLBACK, token=token, **options).status

    def announce(self, *topics, token=None):
        return self.hub.announce(*topics, token=token).status

    def limited(self, reason):
        return self.system.program("hub").metric(
            "websubd_hub_limited_total", '{reason="%s"}' % reason)


class PublishTokens(PolicyTest):
    def setUp(self):
        super().setUp()
        self.put("shop", {**SHOP, "publish_tokens": ["one", "two"]})
        self.put("url", {"prefix": URL, "publish_tokens": ["one"]})

    def test_a_push_needs_one(self):
        for token, status in ((None, 401), ("x", 401), ("one", 202),
                              ("two", 202)):
            for topic in ("shop", "shop.a", "SHOP.a.b"):
                self.assertEqual(self.push(topic, token), status, topic)
        for topic in ("shopping", "other", "a.shop"):
            self.assertEqual(self.push(topic), 202, topic)

    def test_so_does_an_announcement_of_each_topic(self):
        self.assertEqual(self.announce(URL + "a"), 401)
        self.assertEqual(self.announce("http://127.0.0.1:9/b", URL + "a"), 401)
        self.assertEqual(self.announce("http://127.0.0.1:9/b", URL + "a",
                                       token="one"), 204)
        self.assertEqual(self.announce("http://127.0.0.1:9/feedsx"), 204)
        for spelling in ("HTTP://127.0.0.1:9/feeds/a", URL + "?q=1",
                         URL[:-1]):
            self.assertEqual(self.announce(spelling), 401, spelling)

    def test_a_body_is_for_who_may_push(self):
        event = self.hub.push("shop.a", b"x", token="one")
        body = event.headers["Location"] + "/body"
        for token, status in ((None, 401), ("x", 401), ("one", 200)):
            self.assertEqual(self.hub.get(body, self.bearer(token)).status,
                             status)
        other = self.hub.push("other", b"x").headers["Location"] + "/body"
        self.assertEqual(self.hub.get(other).status, 200)

    def test_a_change_counts_at_once(self):
        self.put("shop", {**SHOP, "publish_tokens": ["three"]})
        self.assertEqual(self.push("shop", "one"), 401)
        self.assertEqual(self.push("shop", "three"), 202)
        self.put("shop", {**SHOP, "publish_tokens": []})
        self.assertEqual(self.push("shop", "three"), 401)
        self.put("shop", SHOP)
        self.assertEqual(self.push("shop"), 202)

    def test_the_longest_prefix_counts(self):
        self.put("deep", {"prefix": "shop.a", "publish_tokens": ["deep"]})
        self.assertEqual(self.push("shop.a.b", "one"), 401)
        self.assertEqual(self.push("shop.a.b", "deep"), 202)
        self.assertEqual(self.push("shop.ab", "one"), 202)

    def test_a_group_of_other_sites_does_not_count(self):
        self.put("shop", {**SHOP, "publish_tokens": ["one"],
                          "sites": ["west"]})
        self.assertEqual(self.push("shop"), 202)
        self.put("shop", {**SHOP, "publish_tokens": ["one"],
                          "sites": ["west", "default"]})
        self.assertEqual(self.push("shop"), 401)


class HubTokens(PolicyTest):
    settings = {"publish_token": "hub-pub", "subscribe_token": "hub-sub"}

    def test_those_of_the_hub_count_where_a_group_has_none(self):
        self.put("shop", SHOP)
        self.put("own", {"prefix": "own", "publish_tokens": ["p"],
                         "subscribe_tokens": ["s"]})
        for topic, good in (("shop", "hub-pub"), ("own", "p")):
            for token in (None, "hub-pub", "p", "hub-sub"):
                self.assertEqual(self.push(topic, token),
                                 202 if token == good else 401)
        for topic, good in (("shop", "hub-sub"), ("own", "s")):
            for token in (None, "hub-sub", "s", "p"):
                self.assertEqual(self.subscribe(topic, token),
                                 202 if token == good else 401)


class SubscribeTokens(PolicyTest):
    def setUp(self):
        super().setUp()
        self.put("shop", {"prefix": "shop.eu", "subscribe_tokens": ["one"]})

    def test_subscribing_and_unsubscribing_need_one(self):
        for token, status in ((None, 401), ("x", 401), ("one", 202)):
            for mode in ("subscribe", "unsubscribe"):
                self.assertEqual(self.subscribe("shop.eu.a", token, mode=mode),
                                 status)
        self.assertEqual(self.subscribe("shop.us"), 202)

    def test_so_does_a_topic_above(self):
        for topic in ("shop", "shop.*", "*"):
            self.assertEqual(self.subscribe(topic), 401, topic)
            self.assertEqual(self.subscribe(topic, "one"), 202, topic)
        self.assertEqual(self.subscribe("sho"), 202)
        self.put("other", {"prefix": "other", "subscribe_tokens": ["two"]})
        self.assertEqual(self.subscribe("*", "one"), 401)
        self.assertEqual(self.subscribe("shop", "one"), 202)

    def test_so_does_who_pulls(self):
        add = {"action": "add", "topics": ["shop.eu"]}
        self.assertEqual(self.pull(id="a", **add).status, 401)
        self.assertEqual(self.pull("one", id="a", **add).status, 200)
        self.assertEqual(self.pull(id="b", action="add").status, 401)
        self.assertEqual(self.pull("one", id="b", action="add").status, 200)
        take = {"action": "getMessages", "id": "a"}
        self.assertEqual(self.pull(**take).status, 401)
        self.assertEqual(self.pull("one", **take).status, 200)
        self.assertEqual(self.pull(id="c", action="add",
                                   topics=["shop.us"]).status, 200)
        self.assertEqual(self.pull(id="c", action="update",
                                   topics=["shop"]).status, 401)

    def test_so_does_a_stream(self):
        self.assertEqual(self.hub.get("/stream?hub.topic=shop.eu").status, 401)
        self.assertEqual(self.hub.get("/stream?hub.topic=shop.us"
                                      "&hub.topic=shop").status, 401)
        for target, headers in (
                ("/stream?hub.topic=shop.eu", "Authorization: Bearer one\r\n"),
                ("/stream?hub.topic=shop.eu&access_token=one", "")):
            stream = self.hub.stream(
                f"GET {target} HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode())
            self.assertIn(b" 200 ", stream.line())
            stream.closes(0)


class Leases(PolicyTest):
    def test_they_are_the_groups(self):
        self.put("shop", {**SHOP, "verify": False, "lease_default_s": 700,
                          "lease_min_s": 600, "lease_max_s": 800})
        for asked, given in ((None, 700), (1, 600), (10 ** 6, 800),
                             (650, 650)):
            self.assertEqual(self.subscribe("shop.a", lease=asked), 202)
            self.assertEqual(self.lease("shop.a"), given)
        self.put("shop", {**SHOP, "verify": False, "lease_max_s": 50})
        self.assertEqual(self.subscribe("shop.a"), 202)
        self.assertEqual(self.lease("shop.a"), 50)

    def lease(self, topic):
        return self.system.store.record(topic, CALLBACK).lease_s


class Size(PolicyTest):
    def test_a_larger_body_is_refused_at_the_head(self):
        self.put("shop", {**SHOP, "max_body_bytes": 10})
        self.assertEqual(self.push("shop", body=b"x" * 10), 202)
        self.assertEqual(self.push("shop", body=b"x" * 11), 413)
        self.assertEqual(self.push("other", body=b"x" * 11), 202)
        answer, closes = self.hub.raw(
            b"POST /publish?hub.topic=shop HTTP/1.1\r\nHost: h\r\n"
            b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(answer.status, 413)
        self.assertTrue(closes(10))
        answer, closes = self.hub.raw(
            b"POST /publish?hub.topic=shop HTTP/1.1\r\nHost: h\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nb\r\nxxxxxxxxxxx\r\n0\r\n\r\n")
        self.assertEqual(answer.status, 413)
        closes(10)


class Rate(PolicyTest):
    def test_so_many_events_a_second_are_taken(self):
        self.put("shop", {**SHOP, "publish_rate": 1})
        answers = [self.hub.push(f"shop.t{i}", b"x") for i in range(20)]
        refused = [a for a in answers if a.status == 429]
        self.assertLess(len(refused), len(answers))
        self.assertTrue(refused)
        self.assertGreaterEqual(int(refused[0].headers["Retry-After"]), 1)
        self.assertEqual(self.limited("publish_rate"), len(refused))
        self.assertEqual(self.push("other"), 202)
        self.put("shop", {**SHOP, "publish_rate": 0})
        self.assertEqual({self.push("shop") for _ in range(20)}, {202})

    def test_announcements_count(self):
        self.put("url", {"prefix": URL, "publish_rate": 1})
        self.assertIn(429, [self.announce(URL + "a") for _ in range(20)])


class Verifying(PolicyTest):
    def test_a_group_may_leave_it_out(self):
        self.put("shop", {**SHOP, "verify": False})
        self.assertEqual(self.subscribe("shop.a"), 202)
        self.assertIsNotNone(self.system.store.record("shop.a", CALLBACK))
        self.assertEqual(self.subscribe("other"), 202)
        self.assertIsNone(self.system.store.record("other", CALLBACK))

    def test_a_group_may_want_the_topic_looked_at(self):
        self.put("url", {"prefix": URL, "validate_topic": True})
        self.assertEqual(self.subscribe(URL + "a"), 202)
        self.assertEqual(self.validations(), 1)
        self.assertEqual(self.subscribe("http://127.0.0.1:9/b"), 202)
        self.assertEqual(self.validations(), 1)

    def validations(self):
        return sum(self.redis.call("ZCARD", base + "validations")
                   for base in self.system.store.bases())


class Deleted(PolicyTest):
    def setUp(self):
        super().setUp()
        self.put("shop", SHOP)
        self.put("deep", {"prefix": "shop.kept"})
        self.put("url", {"prefix": URL})
        self.assertEqual(self.subscribe("shop.a"), 202)
        self.delete("shop")
        self.delete("url")

    def test_nothing_is_published_below(self):
        for topic in ("shop", "shop.a"):
            answer = self.hub.push(topic, b"x")
            self.assertEqual(answer.status, 410)
        self.assertEqual(self.announce(URL + "a"), 410)
        self.assertEqual(self.announce("http://127.0.0.1:9/b", URL + "a"), 410)
        self.assertEqual(self.push("shopping"), 202)
        self.assertEqual(self.push("shop.kept"), 202)
        shown = self.hub.request(
            "POST", "/publish?hub.topic=shop", b"x",
            {"Accept": "application/json"})
        self.assertEqual(json.loads(shown.body)["errors"][0]["code"], "gone")

    def test_nobody_subscribes_below_but_may_unsubscribe(self):
        self.assertEqual(self.subscribe("shop.b"), 410)
        self.assertEqual(self.subscribe(URL + "a"), 410)
        self.assertEqual(self.subscribe("shop.a", mode="unsubscribe"), 202)
        self.assertEqual(self.subscribe("*"), 202)

    def test_nobody_pulls_below(self):
        self.assertEqual(self.pull(id="a", action="add",
                                   topics=["other", "shop.b"]).status, 410)
        self.assertEqual(self.pull(id="a", action="add",
                                   topics=["other"]).status, 200)
        self.assertEqual(self.pull(id="a", action="update",
                                   topics=["shop"]).status, 410)
        self.assertEqual(self.hub.get("/stream?hub.topic=shop.b").status, 410)


class NotReady(GroupsTest):
    """A hub that could not read the groups yet."""

    roles = ("hub",)

    def test_it_decides_nothing(self):
        self.redis.change_rights("-zrangebyscore")
        other = self.system.start("hub", wait=False, listen="127.0.0.1:0")
        hub = self.hub_of(other)
        other.wait_event("registered")
        ready = hub.get("/readyz")
        self.assertEqual(ready.status, 503)
        self.assertIn(b"groups", ready.body)
        self.assertEqual(hub.push("shop", b"x").status, 503)
        self.assertEqual(hub.subscribe("shop", CALLBACK).status, 503)
        self.assertEqual(hub.get("/stream?hub.topic=shop").status, 503)
        self.assertEqual(self.request("PUT", "a", {"prefix": "a"}, hub=hub
                                      ).status, 503)
        self.redis.change_rights("+zrangebyscore")
        wait_until(lambda: hub.push("shop", b"x").status == 202,
                   "the groups are read")


if __name__ == "__main__":
    unittest.main()
