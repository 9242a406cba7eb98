"""Server-Sent Events: what a client of GET /stream gets."""

import base64
import json
import socket
import sys
import time
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import shard
from support.sse import EventStream
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class StreamTest(SystemTest):
    def start(self, **settings):
        self.start_system(roles=("hub", "spreader"), **settings)

    def stream(self, *topics, **options):
        stream = EventStream(self.system.hub.address, *topics, **options)
        self.addCleanup(stream.close)
        return stream

    def push(self, topic, body, kind="text/plain", encoding=None):
        headers = {"Content-Type": kind}
        if encoding:
            headers["Content-Encoding"] = encoding
        query = urllib.parse.urlencode({"hub.topic": topic})
        response = self.system.hub.request("POST", "/publish?" + query, body,
                                           headers)
        self.assertEqual(response.status, 202)
        return json.loads(response.body)["id"]

    def streams(self):
        return self.system.program("hub").metric("websubd_hub_streams")

    def wait_streams(self, count):
        wait_until(lambda: self.streams() == count, f"{count} streams")


class Events(StreamTest):
    def setUp(self):
        self.start()

    def test_an_event(self):
        stream = self.stream(TOPIC)
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.headers["content-type"], "text/event-stream")
        self.assertEqual(stream.headers["cache-control"], "no-store")
        event = self.push(TOPIC, "one\ntwo é".encode())
        self.assertEqual(stream.next(), {"id": event, "event": TOPIC,
                                         "data": "one\ntwo é"})
        self.assertGreater(stream.retry_ms, 0)

    def test_bodies(self):
        stream = self.stream(TOPIC)
        texts = {b"": "", b"\n": "\n", b"a\n": "a\n", b"\na\n\nb": "\na\n\nb",
                 b"a\r\nb\rc": "a\nb\nc", b" a": " a", b": no comment":
                 ": no comment", b"data: x\n\nid: 1": "data: x\n\nid: 1",
                 b"\x00\x7f": "\x00\x7f"}
        for body, data in texts.items():
            event = self.push(TOPIC, body)
            self.assertEqual(stream.next(), {"id": event, "event": TOPIC,
                                             "data": data})
        for body, encoding in ((b"\xff\x00", None), (b"plain", "gzip"),
                               (bytes(range(256)) * 40, None)):
            event = self.push(TOPIC, body, "image/png", encoding)
            self.assertEqual(stream.next(),
                             {"id": event, "event": TOPIC + ";base64",
                              "data": base64.b64encode(body).decode()})

    def test_topics(self):
        several = self.stream(TOPIC, "a.b", "x")
        every = self.stream("*")
        pushed = [TOPIC, "a.b", "a.b.c", "a", "x", TOPIC + "/", "y.z"]
        for n, topic in enumerate(pushed):
            self.push(topic, b"%d" % n)
        self.assertEqual({several.next()["data"] for _ in range(4)},
                         set("0124"))
        self.assertEqual({every.next()["data"] for _ in range(5)},
                         set("12346"))

    def test_a_stream_goes_on_where_it_was(self):
        ids = [self.push(TOPIC, b"%d" % n) for n in range(5)]
        by_header = self.stream(TOPIC, last_event_id=ids[1])
        by_query = self.stream(TOPIC, query={"Last-Event-ID": ids[3]})
        # A browser that comes back by itself sends both.
        by_both = self.stream(TOPIC, query={"Last-Event-ID": ids[0]},
                              last_event_id=ids[3])
        self.assertEqual([by_header.next()["data"] for _ in range(3)],
                         ["2", "3", "4"])
        self.assertEqual(by_query.next()["data"], "4")
        self.assertEqual(by_both.next()["data"], "4")
        by_other_name = self.stream(TOPIC, query={"lastEventId": ids[3]})
        self.assertEqual(by_other_name.next()["data"], "4")
        last = self.push(TOPIC, b"5")
        for stream in (by_header, by_query, by_both):
            self.assertEqual(stream.next()["id"], last)

    def test_topics_of_several_shards_go_on_where_they_were(self):
        """At the hub that served the stream exactly there, whatever it was that
        came last; at another one at least there."""
        topics = [f"t{n}" for n in range(8)]
        stream, last = self.stream(*topics), None
        there = self.system.start("hub", listen="127.0.0.1:0").address()
        for n in range(24):
            if n % 3 == 0:
                stream.close()
                self.wait_streams_of(self.system.programs[0], 0)
                stream = self.stream(*topics, last_event_id=last)
            self.push(topics[n * 5 % 8], b"%d" % n)
            event = stream.next()
            self.assertEqual(event["data"], f"{n}")
            last = event["id"]
        other = EventStream(there, *topics, last_event_id=last)
        self.addCleanup(other.close)
        self.push("t0", b"24")
        found = []
        while not found or found[-1] != 24:
            found.append(int(other.next()["data"]))
        self.assertEqual(len(found), len(set(found)))

    def test_logs_of_different_lengths_are_caught_up_with_side_by_side(self):
        """So the last event's id says where it was in all of them, also to a
        hub that has never seen it."""
        bases = self.system.store.bases()
        topics = ["t0", next(f"t{n}" for n in range(1, 99) if shard(
            f"t{n}", len(bases)) != shard("t0", len(bases)))]
        start_ms = int(time.time() * 1000) - 600000
        expected = set()
        for topic, every_ms in zip(topics, (100, 5000)):
            for at_ms in range(start_ms, start_ms + 60000, every_ms):
                self.system.redis.call(
                    "XADD", f"{bases[shard(topic, len(bases))]}log", at_ms,
                    "v", 1, "t", topic, "ct", "text/plain", "b",
                    f"{topic} {at_ms}")
                expected.add(f"{topic} {at_ms}")
        hubs = [self.system.hub.address,
                self.system.start("hub", listen="127.0.0.1:0").address()]
        last, found = f"0-{start_ms - 1}-0", set()
        while found != expected:
            hubs.reverse()
            stream = EventStream(hubs[0], *topics, last_event_id=last)
            for _ in range(min(40, len(expected - found))):
                event = stream.next()
                found.add(event["data"])
                last = event["id"]
            stream.close()

    def wait_streams_of(self, program, count):
        wait_until(lambda: program.metric("websubd_hub_streams") == count,
                   f"{count} streams")

    def test_a_long_log_is_caught_up_with(self):
        """It is read no faster than the client takes it."""
        first = self.push(TOPIC, b"first")
        bodies = [b"%d " % n * 60000 for n in range(40)]
        for n, body in enumerate(bodies):
            self.push(TOPIC, body)
            self.push("other.topic", body)
        stream = self.stream(TOPIC, last_event_id=first)
        for body in bodies:
            self.assertEqual(stream.next()["data"], body.decode())
        self.push(TOPIC, b"live")
        self.assertEqual(stream.next()["data"], "live")

    def test_many_events_reach_many_streams(self):
        streams = [self.stream(f"t{n % 5}", "all") for n in range(50)]
        self.wait_streams(50)
        for n in range(100):
            self.push(f"t{n % 5}", b"%d" % n)
        self.push("all", b"end")
        for n, stream in enumerate(streams):
            found = {stream.next()["data"] for _ in range(21)}
            self.assertEqual(found, {"end"} | {f"{m}" for m in
                                               range(n % 5, 100, 5)})

    def test_the_client_goes(self):
        streams = [self.stream(TOPIC) for _ in range(10)]
        self.wait_streams(10)
        for stream in streams:
            stream.close()
        self.wait_streams(0)
        self.push(TOPIC, b"nobody")

    def test_a_quiet_stream_has_comments(self):
        """Every 15 s, so that nobody takes it for dead."""
        stream = self.stream(TOPIC)
        self.assertTrue(stream.wait_comment())
        event = self.push(TOPIC, b"1")
        self.assertEqual(stream.next()["id"], event)

    def test_http_1_0_and_head(self):
        stream = self.stream(TOPIC, version="1.0")
        self.assertNotIn("transfer-encoding", stream.headers)
        event = self.push(TOPIC, b"1")
        self.assertEqual(stream.next()["id"], event)
        response = self.system.hub.request("HEAD",
                                           f"/stream?hub.topic={TOPIC}")
        self.assertEqual((response.status, response.headers["Content-Type"]),
                         (200, "text/event-stream"))
        self.wait_streams(1)

    def test_bad_requests(self):
        hub = self.system.hub
        for query in ("", "?", "?hub.topic=", "?hub.topic=a..b",
                      "?hub.topic=ftp://a/", "?hub.topic=a&hub.topic=",
                      "?hub.topic=a&Last-Event-ID=x",
                      "?hub.topic=a&Last-Event-ID=99-1-1", "?hub.topic=%zz",
                      "?" + "&".join(f"hub.topic=t{n}" for n in range(65))):
            with self.subTest(query=query):
                self.assertEqual(hub.get("/stream" + query).status, 400)
        response = hub.get("/stream?hub.topic=a",
                           {"Last-Event-ID": "no such id"})
        self.assertEqual(response.status, 400)
        self.assertEqual(hub.request("POST", "/stream", b"").status, 405)
        self.assertEqual(self.streams(), 0)


class Gaps(StreamTest):
    def test_what_left_the_log_is_a_gap(self):
        self.start(retention_s=1)
        stream = self.stream(TOPIC)
        first = self.push(TOPIC, b"first")
        self.assertEqual(stream.next()["id"], first)
        for n in range(3):
            self.push(TOPIC, b"%d" % n)
            self.assertEqual(stream.next()["data"], f"{n}")
        bases = list(self.system.store.bases())
        wait_until(lambda: not sum(self.system.redis.call("XLEN", base + "log")
                                   for base in bases),
                   "the events leave the log", 30)
        later = self.stream(TOPIC, last_event_id=first)
        self.assertEqual(later.next(),
                         {"event": "gap", "data": '{"missed":3}'})
        event = self.push(TOPIC, b"next")
        self.assertEqual(later.next()["id"], event)


class Bounds(StreamTest):
    def test_as_many_streams_as_may_be(self):
        self.start(hub_only={"max_streams": 3})
        streams = [self.stream(TOPIC) for _ in range(3)]
        self.wait_streams(3)
        response = self.system.hub.get(f"/stream?hub.topic={TOPIC}")
        self.assertEqual(response.status, 503)
        self.assertGreater(int(response.headers["Retry-After"]), 0)
        streams[0].close()
        self.wait_streams(2)
        self.assertEqual(self.stream(TOPIC).status, 200)

    def test_a_slow_client_is_cut_and_can_go_on(self):
        self.start()
        slow = self.stream(TOPIC, receive_bytes=4096)
        quick = self.stream(TOPIC)
        first = self.push(TOPIC, b"first")
        self.assertEqual(slow.next()["id"], first)
        self.assertEqual(quick.next()["id"], first)
        body = b"x" * 100000
        for _ in range(25):
            event = self.push(TOPIC, body)
            self.assertEqual(quick.next()["id"], event)
        self.wait_streams(1)
        self.assertEqual(self.system.program("hub").metric(
            "websubd_hub_streams_cut_total"), 1)
        again = self.stream(TOPIC, last_event_id=first)
        for _ in range(25):
            last = again.next()["id"]
        self.assertEqual(last, event)

    def test_an_event_larger_than_the_bound_is_sent(self):
        self.start(max_body_bytes=4000000)
        first = self.push(TOPIC, b"first")
        bodies = [bytes([n]) * 3000000 for n in (200, 201, 202)]
        for body in bodies:
            self.push(TOPIC, body)
        stream = self.stream(TOPIC, last_event_id=first)
        for body in bodies:
            self.assertEqual(base64.b64decode(stream.next()["data"]), body)

    def test_the_hub_ends(self):
        self.start()
        stream = self.stream(TOPIC)
        event = self.push(TOPIC, b"1")
        self.assertEqual(stream.next()["id"], event)
        self.system.program("hub").terminate()
        self.assertIsNone(stream.next(), "it ends in order")


class Rights(StreamTest):
    def test_a_token(self):
        self.start(hub_only={"subscribe_token": "a+b/c=",
                             "publish_open": "yes"})
        hub = self.system.hub
        for token in (None, "", "other"):
            headers = token and {"Authorization": f"Bearer {token}"}
            response = hub.get("/stream?hub.topic=a", headers)
            self.assertEqual(response.status, 401)
            response = hub.get(f"/stream?hub.topic=a&access_token={token}")
            self.assertEqual(response.status, 401)
        query = urllib.parse.urlencode({"access_token": "a+b/c="})
        response = hub.get(f"/stream?hub.topic=a&{query}&{query}")
        self.assertEqual(response.status, 401, "it is given twice")
        for options in ({"token": "a+b/c="},
                        {"query": {"access_token": "a+b/c="}}):
            stream = self.stream("a", **options)
            self.assertEqual(stream.status, 200)
            self.push("a", b"1")
            self.assertEqual(stream.next()["data"], "1")

    def test_pages_from_elsewhere(self):
        self.start(hub_only={"cors_origins":
                             "https://app.example, http://127.0.0.1:3000"})
        hub = self.system.hub
        for path, methods in (
                ("/stream", "GET, HEAD, OPTIONS"),
                ("/api/workflow/subscription", "POST, OPTIONS")):
            for origin, allowed in (("https://app.example", True),
                                    ("http://127.0.0.1:3000", True),
                                    ("https://app.example:444", False),
                                    ("https://evil.example", False),
                                    ("null", False)):
                response = hub.request("OPTIONS", path, headers={
                    "Origin": origin, "Access-Control-Request-Method": "GET"})
                self.assertEqual(response.status, 204)
                found = response.headers["Access-Control-Allow-Origin"]
                self.assertEqual(found, origin if allowed else None)
                self.assertEqual(response.headers["Vary"], "Origin")
                self.assertEqual(response.headers["Allow"], methods)
                found = response.headers["Access-Control-Allow-Methods"]
                self.assertEqual(found, methods if allowed else None)
                response = hub.get(path, {"Origin": origin})
                if path == "/stream":
                    found = response.headers["Access-Control-Allow-Origin"]
                    self.assertEqual(found, origin if allowed else None)
        stream = self.stream("a", headers={"Origin": "https://app.example"})
        self.assertEqual(stream.headers["access-control-allow-origin"],
                         "https://app.example")

    def test_no_pages_unless_they_are_named(self):
        self.start()
        response = self.system.hub.request(
            "OPTIONS", "/stream", headers={"Origin": "https://app.example"})
        self.assertEqual(response.status, 204)
        for name in response.headers:
            self.assertFalse(name.lower().startswith("access-control"))


if __name__ == "__main__":
    unittest.main()
