"""Clients that pull: what they get, once and in order."""

import base64
import json
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.hub import Hub
from support.pull_test import LONG_S, PullTest
from support.puller import PATH, Puller, PullError
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Topics(PullTest):
    def setUp(self):
        self.start()

    def test_what_a_subscription_gets(self):
        """URL topics match exactly, dotted ones with all below; `*` is every
        dotted topic, and nothing said is every topic."""
        wanted = {
            "all": None, "dotted": ["*"], "url": [TOPIC], "a": ["a"],
            "ab": ["a.b"], "several": [TOPIC, "a.b.c", "x"],
            "twice": ["a", "a.b", "*"], "upper": ["A.B"],
            "spelled": ["http://publisher.example/%74opic"],
            "below": ["a.b.*"]}
        pullers = {name: self.puller(name, topics=topics)
                   for name, topics in wanted.items()}
        pushed = [TOPIC, TOPIC + "/", TOPIC + "?q", "a", "a.b", "a.b.c",
                  "a.bc", "ab", "x", "A.B.D"]
        for n, topic in enumerate(pushed):
            self.push(topic, f"{n}")
        expected = {
            "all": "0123456789", "dotted": "3456789", "url": "0",
            "a": "34569", "ab": "459", "several": "058",
            "twice": "3456789", "upper": "459", "spelled": "0",
            "below": "459"}
        for name, puller in pullers.items():
            with self.subTest(name=name):
                self.assertEqual("".join(sorted(puller.drain())),
                                 expected[name])

    def test_from_when(self):
        first = self.push(TOPIC, "1")
        second = self.push(TOPIC, "2")
        self.push(TOPIC, "3")
        begins = {"now": [], "earliest": ["1", "2", "3"],
                  first: ["2", "3"], second: ["3"]}
        pullers = {begin: self.puller(begin, **{"from": begin})
                   for begin in begins}
        default = self.puller("default")
        self.push(TOPIC, "4")
        for begin, expected in begins.items():
            self.assertEqual(pullers[begin].drain(), expected + ["4"])
        self.assertEqual(default.drain(), ["4"])

    def test_what_has_not_happened_is_not_skipped(self):
        puller = self.puller("a", **{"from": "0-99999999999999-0"})
        self.push(TOPIC, "1")
        self.assertEqual(puller.drain(), ["1"])

    def test_no_more_than_asked_for(self):
        puller = self.puller()
        for n in range(250):
            self.push(f"t{n % 20}", f"{n}")
        sizes, found = [], []
        while batch := puller.messages(max=70):
            sizes.append(len(batch))
            found += batch
        self.assertEqual(sizes, [70, 70, 70, 40])
        self.assertEqual(sorted(found, key=int), [f"{n}" for n in range(250)])
        for n in range(130):
            self.push("t", f"{n}")
        self.assertEqual(len(puller.messages()), 100, "the default")

    def test_large_messages_come_one_after_the_other(self):
        puller = self.puller()
        bodies = [chr(ord("a") + n) * 700000 for n in range(4)]
        for body in bodies:
            self.push(TOPIC, body)
        found = []
        while batch := puller.messages():
            self.assertEqual(len(batch), 1)
            found += batch
        self.assertEqual(found, bodies)

    def test_order_of_each_topic(self):
        """Hundreds of events of several shards, while they are pushed."""
        puller = self.puller(topics=["*"])
        topics = [f"t{n}" for n in range(7)]
        with ThreadPoolExecutor(1) as pusher:
            pushing = pusher.submit(
                lambda: [self.push(topics[n % 7], f"{n}")
                         for n in range(400)])
            found = []
            while len(found) < 400:
                found += puller.messages(LONG_S, format="object", max=13)
            pushing.result()
        for topic in topics:
            data = [int(m["data"]) for m in found if m["topic"] == topic]
            self.assertEqual(data, sorted(data))
        self.assertEqual(sorted(int(m["data"]) for m in found),
                         list(range(400)))

    def test_topics_that_change(self):
        puller = self.puller(topics=["a"])
        self.push("a", "1")
        self.push("b", "not wanted")
        self.assertEqual(puller.drain(), ["1"])
        puller.act("update", topics=["b", TOPIC])
        self.push("a", "not wanted")
        self.push("b", "2")
        self.push(TOPIC, "3")
        self.assertEqual(sorted(puller.drain()), ["2", "3"])
        wait = puller.wait(LONG_S)
        self.wait_waiting(1)
        puller.act("update", topics=["c"])
        self.push("b", "not wanted")
        self.push("c", "4")
        self.assertEqual(wait.result()["messages"], ["4"])

    def test_an_operator_denies_a_topic(self):
        puller = self.puller()
        hub = self.system.start("hub", listen="127.0.0.1:0",
                                topic_deny="secret*")
        there = Puller(Hub(hub.address()), "a")
        self.push("secret.a", "hidden")
        self.push("open.a", "1")
        self.assertEqual(there.drain(), ["1"])
        self.assertEqual(puller.drain(), [], "it is the same subscription")

    def test_direct_producers(self):
        """What is put into the log by others is told as well; what is no
        event is passed over."""
        puller = self.puller()
        base = next(iter(self.system.store.bases()))
        add = lambda *fields: self.system.redis.call(
            "XADD", base + "log", "*", *fields)
        add("v", 1, "t", "a.b", "ct", "text/plain", "b", "1")
        add("x", "y")
        add("v", 1, "t", "not a topic", "ct", "text/plain", "b", "2")
        add("v", 1, "t", "a.b", "ct", "text/plain", "b", "3")
        self.assertEqual(puller.drain(), ["1", "3"])


class Waits(PullTest):
    def test_a_message_ends_the_wait(self):
        self.start()
        puller = self.puller(topics=["a.b"])
        for n in range(20):
            wait = puller.wait(LONG_S)
            self.wait_waiting(1)
            self.push("a.x", "not wanted")
            self.push("a.b.c", f"{n}")
            self.assertEqual(wait.result(), {"status": "success",
                                             "messages": [f"{n}"]})
        self.wait_waiting(0)

    def test_the_time_is_over(self):
        self.start()
        puller = self.puller()
        began = time.monotonic()
        self.assertEqual(puller.get(1.2), {"status": "timeout",
                                           "messages": []})
        self.assertGreaterEqual(time.monotonic() - began, 1.2)

    def test_each_message_once_for_many_that_wait(self):
        """Two hubs, eight requests at a time for one subscription."""
        self.start(hubs=2)
        for explicit in (False, True):
            name = f"explicit {explicit}"
            self.puller(name, **({"ack": "explicit"} if explicit else {}))
            pullers = [Puller(self.hubs[n % 2], name) for n in range(8)]
            waits = [puller.wait(LONG_S) for puller in pullers]
            self.wait_both_waiting(8)
            found = []
            for n in range(30):
                self.push(TOPIC, f"{n}")
                done = wait_until(lambda w=waits: [i for i in w if i.over],
                                  "one of them has it")
                for wait in done:
                    found += wait.result()["messages"]
                    waits.remove(wait)
                if len(waits) < 3:
                    break
            self.assertEqual(sorted(map(int, found)), list(range(n + 1)))
            Puller(self.hubs[0], name).act("remove")
            self.push(TOPIC, "wakes the others")
            for wait in waits:
                with self.assertRaises(PullError) as caught:
                    wait.result()
                self.assertEqual(caught.exception.status, 404)

    def wait_both_waiting(self, count):
        hubs = [p for p in self.system.programs if p.name == "websub-hub"]
        wait_until(lambda: sum(hub.metric("websubd_hub_pull_waiting")
                               for hub in hubs) == count, "all wait")

    def test_two_hubs_race_for_all(self):
        self.start(hubs=2)
        self.puller()

        def fetch(n):
            puller, found, empty = Puller(self.hubs[n % 2], "a"), [], 0
            while empty < 2:
                batch = puller.messages(0.3, max=3)
                found += batch
                empty = 0 if batch else empty + 1
            return found

        with ThreadPoolExecutor(7) as clients:
            fetching = [clients.submit(fetch, n) for n in range(6)]
            for n in range(300):
                self.push(f"t{n % 9}", f"{n}")
            found = sum((future.result() for future in fetching), [])
        self.assertEqual(sorted(map(int, found)), list(range(300)))

    def test_a_client_that_goes_loses_nothing(self):
        self.start()
        puller = self.puller()
        body = json.dumps({"action": "getMessages", "id": "a",
                           "timeout": 50}).encode()
        head = (f"POST {PATH} HTTP/1.1\r\nHost: hub\r\nContent-Type: "
                f"application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        for n in range(10):
            stream = self.system.hub.stream(head.encode() + body)
            self.wait_waiting(1)
            stream.close()
            self.wait_waiting(0)
            self.push(TOPIC, f"{n}")
            self.assertEqual(puller.messages(), [f"{n}"])

    def test_a_client_that_does_not_read_holds_messages_for_a_while(self):
        """It stands for others for 5 s, and then gets what it was handed all the
        same: that is twice."""
        self.start(max_body_bytes=8000000, redis_timeout_ms=10000)
        puller = self.puller()
        bodies = [bytes([n]) * 7000000 for n in (200, 201)]
        for body in bodies:
            self.system.push(TOPIC, body, "image/png")
        body = json.dumps({"action": "getMessages", "id": "a", "max": 1,
                           "timeout": 50}).encode()
        head = (f"POST {PATH} HTTP/1.1\r\nHost: hub\r\nContent-Type: "
                f"application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        stream = self.system.hub.stream(head.encode() + body)
        self.addCleanup(stream.close)
        wait_until(lambda: self.is_held("a"),
                   "the messages are handed out")
        start = time.monotonic()
        found = puller.messages(LONG_S, max=1)
        self.assertGreater(time.monotonic() - start, 3)
        self.assertEqual(base64.b64decode(found[0]), bodies[0])
        self.assertEqual(base64.b64decode(puller.messages(max=1)[0]),
                         bodies[1])

    def is_held(self, name):
        return any(self.system.redis.call("HEXISTS", f"{base}pull:{name}",
                                          "by")
                   for base in self.system.store.bases())

    def test_requests_behind_one_that_waits(self):
        """A client that pipelines gets its responses in order."""
        self.start()
        self.puller()
        body = b'{"action":"getMessages","id":"a","timeout":0.3}'
        one = (b"POST %s HTTP/1.1\r\nHost: hub\r\nContent-Type: "
               b"application/json\r\nContent-Length: %d\r\n\r\n%s"
               % (PATH.encode(), len(body), body))
        stream = self.system.hub.stream(one * 3)
        for _ in range(3):
            self.assertEqual(json.loads(stream.answer().body),
                             {"status": "timeout", "messages": []})
        stream.close()

    def test_the_hub_keeps_connections_for_others(self):
        self.start(hub_only={"max_connections": 40,
                             "max_connections_per_client": 40})
        self.puller()
        waits = [Puller(self.hubs[0], "a").wait(LONG_S) for _ in range(40)]
        wait_until(lambda: sum(wait.over for wait in waits) == 5,
                   "those that are too many are refused")
        self.assertEqual({wait.error.status for wait in waits if wait.over},
                         {503})
        self.assertEqual(self.system.hub.get("/healthz").status, 200)
        self.push(TOPIC, "1")
        self.puller("another")
        Puller(self.hubs[0], "a").act("remove")
        self.push(TOPIC, "2")
        self.wait_waiting(0)


class Explicit(PullTest):
    def setUp(self):
        self.start(hubs=2)

    def get(self, puller, **fields):
        response = puller.get(format="object", **fields)
        self.assertEqual(response.get("last"),
                         response["messages"][-1]["id"]
                         if response["messages"] else None)
        return [m["data"] for m in response["messages"]], response.get("last")

    def test_messages_stay_until_they_are_acknowledged(self):
        puller = self.puller(ack="explicit")
        for n in range(6):
            self.push(f"t.{n}", f"{n}")
        data, last = self.get(puller, max=3)
        self.assertEqual(data, ["0", "1", "2"])
        self.assertEqual(self.get(puller, max=3), (data, last))
        there = Puller(self.hubs[1], "a")
        self.assertEqual(self.get(there, max=3), (data, last))
        more, last = self.get(there, max=3, after=last)
        self.assertEqual(more, ["3", "4", "5"])
        self.assertEqual(self.get(puller)[0], more)
        self.assertEqual(self.get(puller, after=last)[0], [])
        self.assertEqual(self.get(puller)[0], [])

    def test_another_request_acknowledges_nothing(self):
        """One that waited beside the one that got the messages ends without
        any, or with later ones: those before it stay."""
        pullers = [self.puller(ack="explicit"), Puller(self.hubs[1], "a")]
        for bodies in (["1"], ["2", "3"]):
            waits = [puller.wait(2) for puller in pullers]
            self.wait_each_waiting()
            for body in bodies:
                self.push("a", body)
            self.assertEqual(
                sorted(sum((w.result()["messages"] for w in waits), [])),
                bodies)
            data, last = self.get(pullers[0])
            self.assertEqual(data, bodies)
            self.assertEqual(self.get(pullers[1], after=last)[0], [])

    def wait_each_waiting(self):
        for program in self.system.programs:
            if program.name == "websub-hub":
                wait_until(lambda p=program: p.metric(
                    "websubd_hub_pull_waiting") == 1, "it waits")

    def test_a_part_is_acknowledged(self):
        """An id stands for all messages before it, in the order they came."""
        puller = self.puller(ack="explicit")
        for n in range(12):
            self.push(f"t{n % 5}", f"{n}")
        messages = puller.messages(format="object")
        data = [m["data"] for m in messages]
        self.assertEqual(sorted(data, key=int), [f"{n}" for n in range(12)])
        reached = -1
        for n in (0, 4, 2, 4, 9, 11):
            reached = max(reached, n)
            self.assertEqual(self.get(puller, after=messages[n]["id"])[0],
                             data[reached + 1:])

    def test_what_was_not_handed_out_is_not_acknowledged(self):
        puller = self.puller(ack="explicit")
        self.push("s.a", "1")
        later = self.push("s.b", "2")
        self.assertEqual(self.get(puller, max=1)[0], ["1"])
        self.assertEqual(self.get(puller, after=later)[0], ["2"])
        self.assertEqual(self.get(puller, after="0-99999999999999-0")[0], [])
        self.push("s.a", "3")
        self.assertEqual(self.get(puller)[0], ["3"])

    def test_the_hub_is_killed_with_messages_on_their_way(self):
        puller = self.puller(ack="explicit")
        wait = puller.wait(LONG_S)
        wait_until(lambda: self.system.programs[0].metric(
            "websubd_hub_pull_waiting") == 1, "it waits")
        self.push("a", "1")
        wait.result()
        self.system.programs[0].kill()
        there = Puller(self.hubs[1], "a")
        data, last = self.get(there)
        self.assertEqual(data, ["1"])
        self.assertEqual(self.get(there, after=last)[0], [])


if __name__ == "__main__":
    unittest.main()
