"""The pull API, row by row: each action, and each bad request."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.puller import PATH, Puller, PullError, act, post
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"
JSON = "application/json"


class Table(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub", "spreader"))
        self.hub = self.system.hub

    def assert_json(self, response, status, expected):
        self.assertEqual((response.status, json.loads(response.body)),
                         (status, expected))
        self.assertEqual(response.headers["Content-Type"], JSON)

    def assert_refused(self, body, status, *words, **options):
        """The response is an error that has these words; nothing else is in
        it."""
        response = post(self.hub, body, **options)
        self.assertEqual(response.status, status, (body, response))
        self.assertEqual(response.headers["Content-Type"], JSON)
        found = json.loads(response.body)
        self.assertEqual(list(found), ["error"])
        for word in words:
            self.assertIn(word, found["error"])

    def test_add(self):
        body = {"action": "add", "id": "a"}
        self.assert_json(post(self.hub, body), 200, {"status": "added"})
        self.assert_json(post(self.hub, body), 409,
                         {"error": "subscription already exists"})
        self.assert_json(post(self.hub, {**body, "ttl": 5, "topics": [TOPIC]}),
                         409, {"error": "subscription already exists"})

    def test_remove(self):
        body = {"action": "remove", "id": "a"}
        self.assert_json(post(self.hub, body), 404,
                         {"error": "subscription not found"})
        Puller(self.hub, "a").add()
        self.assert_json(post(self.hub, body), 200, {"status": "removed"})
        self.assert_json(post(self.hub, body), 404,
                         {"error": "subscription not found"})
        self.assertEqual(Puller(self.hub, "a").add(), {"status": "added"})

    def test_update(self):
        body = {"action": "update", "id": "a"}
        self.assert_json(post(self.hub, body), 404,
                         {"error": "subscription not found"})
        Puller(self.hub, "a").add()
        for fields in ({}, {"topics": ["a.b", TOPIC]}, {"ttl": 30},
                       {"ttl": 864000, "topics": ["*"]}):
            self.assert_json(post(self.hub, {**body, **fields}), 200,
                             {"status": "updated"})

    def test_list(self):
        self.assert_json(post(self.hub, {"action": "list"}), 200, [])
        names = ["b", "a", "B", "é", "a b", "10", "9", "{x}:y", "a" * 256]
        for name in names:
            Puller(self.hub, name).add()
        self.assert_json(
            post(self.hub, {"action": "list"}), 200,
            [{"id": name} for name in sorted(names, key=str.encode)])

    def test_list_in_pages(self):
        names = [f"client {n:03}/é?&" for n in range(25)]
        for name in names:
            Puller(self.hub, name).add()
        found, path, pages = [], PATH, 0
        body = {"action": "list", "limit": 10}
        while path:
            response = post(self.hub, body, path=path)
            self.assertEqual(response.status, 200)
            found += [row["id"] for row in json.loads(response.body)]
            link = response.headers["Link"]
            self.assertEqual(link is None, pages == 2)
            path = link and link[1:link.index(">")]
            self.assertTrue(link is None or link.endswith('; rel="next"'))
            body, pages = {"action": "list"}, pages + 1
        self.assertEqual(found, names)
        self.assertEqual(
            act(self.hub, "list", limit=2, cursor=names[3]),
            [{"id": names[4]}, {"id": names[5]}])
        self.assertEqual(act(self.hub, "list", cursor="z"), [])
        self.assertIsNone(post(self.hub, {"action": "list",
                                          "limit": 25}).headers["Link"])

    def test_messages(self):
        puller = Puller(self.hub, "a")
        body = {"action": "getMessages", "id": "a"}
        self.assert_json(post(self.hub, body), 404,
                         {"error": "subscription not found"})
        puller.add()
        self.assert_json(post(self.hub, body), 200,
                         {"status": "timeout", "messages": []})
        self.system.push(TOPIC, b"one")
        self.system.push(TOPIC, b'{"n":2}')
        self.assert_json(post(self.hub, body), 200,
                         {"status": "success",
                          "messages": ["one", '{"n":2}']})
        self.assert_json(post(self.hub, {**body, "timeout": 0.05}), 200,
                         {"status": "timeout", "messages": []})

    def test_formats(self):
        """Text is a string, all else base64; as objects messages have their
        id, topic and type."""
        puller = Puller(self.hub, "a")
        puller.add()
        bodies = [(b"text \xc3\xa9\n", "text/plain", "text é\n", None),
                  (b"", "text/plain", "", None),
                  (b"\x00", "text/plain", "\x00", None),
                  (b"\xff\xfe\x00", "image/png", "//4A", "base64"),
                  (b"\xc3", "text/plain", "ww==", "base64")]
        ids = []
        for body, kind, _, _ in bodies:
            response = self.system.push(TOPIC, body, kind)
            ids.append(json.loads(response.body)["id"])
        expected = []
        for (_, kind, data, encoding), event in zip(bodies, ids):
            message = {"id": event, "topic": TOPIC, "contentType": kind,
                       "data": data}
            if encoding:
                message["encoding"] = encoding
            expected.append(message)
        self.assertEqual(puller.messages(format="object"), expected)
        puller.act("remove")
        puller.add(**{"from": "earliest"})
        self.assertEqual(puller.messages(format="string"),
                         [data for _, _, data, _ in bodies])

    def test_content_encoding(self):
        """What is encoded is bytes, whatever they look like."""
        puller = Puller(self.hub, "a")
        puller.add()
        response = self.hub.request(
            "POST", f"/publish?hub.topic={TOPIC}", b"abc",
            {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
        self.assertEqual(response.status, 202)
        self.assertEqual(
            puller.messages(format="object"),
            [{"id": json.loads(response.body)["id"], "topic": TOPIC,
              "contentType": "text/plain", "contentEncoding": "gzip",
              "encoding": "base64", "data": "YWJj"}])

    def test_unknown_fields_and_null_are_passed_over(self):
        puller = Puller(self.hub, "a")
        puller.add(colour="red", topics=None, ttl=None, ack=None)
        puller.act("update", topics=None, more={"a": [1]})
        self.assertEqual(puller.get(timeout=None, max=None, format=None),
                         {"status": "timeout", "messages": []})
        self.assertEqual(act(self.hub, "list", limit=None, cursor=None, id=7),
                         [{"id": "a"}])

    def test_bodies_that_are_no_request(self):
        for body in (b"", b"{", b"{} {}", b"\xff", b'{"action":"add"',
                     b"action=add&id=a", b'{"a":"\xc3"}', b"[" * 100000):
            self.assert_refused(body, 400, "JSON")
        for body in (b"[]", b'"add"', b"null", b"7", b"true"):
            self.assert_refused(body, 400)
        self.assert_refused({}, 400, "missing 'action' field")
        self.assert_refused({"id": "a"}, 400, "missing 'action' field")
        self.assert_refused({"action": None}, 400, "missing 'action' field")
        for action in ("", "Add", "add ", "getmessages", "subscribe", 7, [],
                       {}, True, "add\0"):
            self.assert_refused({"action": action, "id": "a"}, 400,
                                "invalid action")

    def test_bad_ids(self):
        for action in ("add", "remove", "update", "getMessages"):
            for missing in ({}, {"id": None}):
                self.assert_refused({"action": action, **missing}, 400, "id")
            for bad in ("", "a" * 257, "é" * 257, "a\n", "\x00", "a\x7f",
                        "\x85", 7, 7.5, True, [], ["a"], {}):
                self.assert_refused({"action": action, "id": bad}, 400,
                                    "invalid id")
        self.assertEqual(Puller(self.hub, "é" * 256).add(),
                         {"status": "added"})

    def test_bad_fields_of_add_and_update(self):
        Puller(self.hub, "there").add()
        topics = [7, "a", {}, [], [7], [""], ["a", None], ["a..b"], ["a b"],
                  ["ftp://a.example/"], ["http://"], ["a\x00b"], ["**"],
                  ["http://a.example/#f"], ["a." * 1200 + "b"],
                  [f"t{n}" for n in range(65)]]
        ttls = [0, -1, 0.5, 864001, "5", True, [], 1e300]
        cases = [("topics", value) for value in topics]
        cases += [("ttl", value) for value in ttls]
        for name, value in cases:
            for action, client in (("add", "new"), ("update", "there")):
                with self.subTest(action=action, value=str(value)[:60]):
                    self.assert_refused({"action": action, "id": client,
                                         name: value}, 400, name)
        for name, values in (
                ("from", ["", "later", 7, True, [], "1-2", "0-1-2-3",
                          "99-1-1", "0-1-x", "-1-1-1"]),
                ("ack", ["", "Explicit", 1, True, []])):
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assert_refused({"action": "add", "id": "new",
                                         name: value}, 400, name)
        self.assertEqual(act(self.hub, "list"), [{"id": "there"}],
                         "nothing was changed")

    def test_bad_fields_of_get_messages_and_list(self):
        puller = Puller(self.hub, "a")
        puller.add()
        self.system.push(TOPIC, b"1")
        for name, values in (
                ("timeout", [-1, -0.1, 60.001, 1e300, "5", True, [], {}]),
                ("max", [0, -1, 1001, 1.5, "1", True, []]),
                ("format", ["", "json", 1, True]),
                ("after", ["", "x", 7, "1-2", "99-1-1"])):
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assert_refused({"action": "getMessages", "id": "a",
                                         name: value}, 400, name)
        for name, values in (("limit", [0, -1, 1001, "1", True]),
                             ("cursor", ["", 7, "a\n", "a" * 257])):
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assert_refused({"action": "list", name: value}, 400,
                                        name)
        self.assert_refused({"action": "list"}, 400, "limit",
                            path=PATH + "?limit=x")
        self.assert_refused({"action": "list"}, 400, path=PATH + "?limit=%zz")
        self.assertEqual(puller.messages(timeout=60, max=1000), ["1"],
                         "nothing was handed out")

    def test_fractions_of_seconds(self):
        puller = Puller(self.hub, "a")
        puller.add()
        for timeout in (0, 0.001, 0.05, 1e-9):
            self.assertEqual(puller.get(timeout)["status"], "timeout")

    def test_other_media_types(self):
        body = b'{"action":"list"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded",
                     "application/jsonp", "text/json", ""):
            self.assert_refused(body, 415, "application/json",
                                headers={"Content-Type": kind})
        for kind in ("application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(post(self.hub, body,
                                  headers={"Content-Type": kind}).status, 200)

    def test_other_methods(self):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            response = self.hub.request(method, PATH)
            self.assertEqual(response.status, 405)
            self.assertIn("POST", response.headers["Allow"])
            self.assertEqual(list(json.loads(response.body)), ["error"])

    def test_large_bodies(self):
        large = b'{"action":"list","x":"' + b"x" * 262144 + b'"}'
        self.assert_refused(large, 413)
        chunked = (b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: hub\r\n"
                   b"Content-Type: application/json\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n" +
                   b"%x\r\n" % len(large) + large + b"\r\n0\r\n\r\n")
        answer, closes = self.hub.raw(chunked)
        self.assertEqual(answer.status, 413)
        self.assertEqual(list(json.loads(answer.body)), ["error"])
        closes(0)
        fits = b'{"action":"list","x":"' + b"x" * 200000 + b'"}'
        self.assertEqual(post(self.hub, fits).status, 200)


class Token(SystemTest):
    def test_a_token_is_needed_when_there_is_one(self):
        self.start_system(roles=("hub",), hub_only={
            "subscribe_token": "secret-1", "publish_token": "other"})
        hub = self.system.hub
        for token in (None, "", "other", "secret-2", "secret-1 "):
            with self.subTest(token=token):
                response = post(hub, {"action": "list"}, token)
                if token == "secret-1 ":  # trailing space is no part of it
                    self.assertEqual(response.status, 200)
                    continue
                self.assertEqual(response.status, 401)
                self.assertEqual(response.headers["WWW-Authenticate"],
                                 "Bearer")
                self.assertEqual(list(json.loads(response.body)), ["error"])
        self.assertEqual(Puller(hub, "a", "secret-1").add(),
                         {"status": "added"})


class Bounds(SystemTest):
    def test_as_many_subscriptions_as_may_be(self):
        self.start_system(roles=("hub", "spreader"),
                          hub_only={"pull_max_subscriptions": 5})
        hub = self.system.hub
        for n in range(5):
            Puller(hub, f"a{n}").add()
        with self.assertRaises(PullError) as caught:
            Puller(hub, "more").add()
        self.assertEqual(caught.exception.status, 503)
        response = post(hub, {"action": "add", "id": "more"})
        self.assertTrue(int(response.headers["Retry-After"]) > 0)
        with self.assertRaises(PullError) as caught:
            Puller(hub, "a3").add()
        self.assertEqual(caught.exception.status, 409, "it is there already")
        Puller(hub, "a3").act("remove")
        Puller(hub, "more").add()
        self.assertEqual(
            self.system.program("hub").metric(
                'websubd_hub_limited_total{reason="pull_max_subscriptions"}'),
            2)

    def test_topics_that_are_not_served(self):
        self.start_system(roles=("hub", "spreader"),
                          topic_deny="*secret*", topic_allow="http*,a*")
        hub = self.system.hub
        for topic in ("http://a.example/secret", "b.c", "*"):
            with self.assertRaises(PullError) as caught:
                Puller(hub, "a").add(topics=[topic])
            self.assertEqual(caught.exception.status, 400)
        puller = Puller(hub, "a")
        puller.add()
        for topic in ("b.c", "a.b", "http://a.example/secret", TOPIC):
            self.system.push(topic, topic.encode())
        self.assertEqual(puller.drain(), ["a.b", TOPIC])


if __name__ == "__main__":
    unittest.main()
