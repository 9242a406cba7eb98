"""Clients that pull, and the ends of subscriptions, hubs, events and Redis."""

import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.pull_test import LONG_S, PullTest
from support.puller import Puller, PullError, act, waiting
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Ends(PullTest):
    def test_who_is_not_seen_ends(self):
        self.start(hubs=2, pull_ttl_s=2)
        names = ["idle", "updated", "fetched", "waits", "longer"]
        pullers = {name: self.puller(name) for name in names}
        pullers["longer"].act("update", ttl=60)
        wait = pullers["waits"].wait(6)
        other = Puller(self.hubs[1], "waits").wait(4)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            pullers["updated"].act("update")
            self.assertEqual(pullers["fetched"].messages(0.2), [])
        self.assertEqual([row["id"] for row in act(self.hubs[1], "list")],
                         ["fetched", "longer", "updated", "waits"])
        self.assertEqual(other.result()["status"], "timeout")
        self.assertEqual(wait.result()["status"], "timeout")
        wait_until(lambda: [row["id"] for row in act(self.hubs[0], "list")] ==
                   ["longer"], "the others end", 10)
        with self.assertRaises(PullError) as caught:
            pullers["idle"].get()
        self.assertEqual(caught.exception.status, 404)
        pullers["idle"].add()

    def test_of_100_adds_one_is_added(self):
        self.start(hubs=2)
        outcomes = []

        def add(n):
            try:
                return Puller(self.hubs[n % 2], "a").add()["status"]
            except PullError as error:
                return error.status

        with ThreadPoolExecutor(50) as clients:
            outcomes = list(clients.map(add, range(100)))
        self.assertEqual(outcomes.count("added"), 1)
        self.assertEqual(outcomes.count(409), 99)

    def test_redis_is_emptied(self):
        self.start()
        puller, waits = self.puller("a"), self.puller("waits")
        wait = waits.wait(3)
        self.wait_waiting(1)
        self.system.redis.call("FLUSHALL")
        with self.assertRaises(PullError) as caught:
            puller.get()
        self.assertEqual(caught.exception.status, 404)
        with self.assertRaises(PullError) as caught:
            wait.result()
        self.assertEqual(caught.exception.status, 404)
        self.assertEqual(act(self.hubs[0], "list"), [])
        puller.add()
        wait = puller.wait(LONG_S)
        self.wait_waiting(1)
        self.push(TOPIC, "1")
        self.assertEqual(wait.result()["messages"], ["1"])

    def test_a_hub_ends_while_requests_wait(self):
        """They get what there is at once, and nothing is lost."""
        self.start(hubs=2)
        self.puller()
        wait = Puller(self.hubs[1], "a").wait(50)
        self.wait_waiting(1)
        self.system.program("hub").terminate()
        self.assertEqual(wait.result(), {"status": "timeout", "messages": []})
        self.push(TOPIC, "1")
        self.assertEqual(Puller(self.hubs[0], "a").drain(), ["1"])

    def test_hubs_are_killed_while_messages_are_fetched(self):
        """Without acknowledgements: what was written to a client that lives is
        not lost, and what was not comes again; so may what the hub had written
        when it was killed."""
        self.start(hubs=2)
        self.puller()
        found = []
        for n in range(12):
            wait = Puller(self.hubs[1], "a").wait(LONG_S)
            wait_until(lambda w=wait: w.over or waiting(self.system) == 1,
                       "it waits, or has what came before")
            with ThreadPoolExecutor(1) as pusher:
                pushed = pusher.submit(self.push, TOPIC, f"{n}")
                self.system.program("hub").kill()
                pushed.result()
            try:
                found += wait.result()["messages"]
            except OSError:
                pass
            self.system.start("hub", listen=self.hubs[1].address)
        def rest():
            found.extend(Puller(self.hubs[0], "a").messages(0.5))
            return set(map(int, found)) == set(range(12))
        wait_until(rest, "all have come", 30)

    def blocked_reads(self):
        return sum(b"user=websub-hub " in line and b" flags=b" in line
                   for line in self.system.redis.call(
                       "CLIENT", "LIST").splitlines())

    def test_redis_is_away(self):
        self.start()
        puller = self.puller()
        followed = self.blocked_reads() + len(list(self.system.store.bases()))
        wait = puller.wait(LONG_S)
        wait_until(lambda: self.blocked_reads() == followed,
                   "the hub follows each shard for it")
        act(self.hubs[0], "list")  # a reply that comes behind those of its pages
        self.system.redis.stop()
        for action in ("add", "remove", "update", "list", "getMessages"):
            with self.assertRaises(PullError) as caught:
                act(self.hubs[0], action, id="b")
            self.assertEqual(caught.exception.status, 503)
        self.assertFalse(wait.over)
        self.system.redis.start()
        wait_until(lambda: self.hubs[0].get("/readyz").status == 200, "ready")
        self.push(TOPIC, "1")
        self.assertEqual(wait.result()["messages"], ["1"])


class Missed(PullTest):
    def push_and_lose(self, pushed):
        """They leave the log by retention."""
        for topic, body in pushed:
            self.push(topic, body)
        bases = list(self.system.store.bases())
        wait_until(lambda: not sum(self.system.redis.call("XLEN", base + "log")
                                   for base in bases),
                   "the events leave the log", 30)

    def test_what_left_before_it_was_fetched_is_told(self):
        self.start(hubs=2, retention_s=1)
        some = self.puller("some", topics=["a", TOPIC])
        explicit = self.puller("explicit", topics=["a"], ack="explicit")
        every = self.puller("every")
        self.push_and_lose([("a", "1"), ("a.b", "2"), ("b", "3"),
                            (TOPIC, "4"), (TOPIC + "/x", "5")])
        self.assertEqual(some.get(), {"status": "timeout", "messages": [],
                                      "missed": 3})
        self.assertEqual(some.get(0.1), {"status": "timeout", "messages": []},
                         "it is told once")
        self.assertEqual(every.get()["missed"], 5)
        wait = explicit.wait(LONG_S)
        self.wait_first_waiting()
        self.push("a", "6")
        self.assertEqual(wait.result()["missed"], 2)
        self.assertEqual(wait.result()["messages"], ["6"])
        self.assertNotIn("missed", explicit.get())

    def wait_first_waiting(self):
        wait_until(lambda: self.system.programs[0].metric(
            "websubd_hub_pull_waiting") == 1, "it waits")

    def test_what_was_fetched_is_not_missed(self):
        self.start(retention_s=1)
        puller = self.puller("a", topics=["a"])
        self.push("a", "1")
        self.assertEqual(puller.messages(), ["1"])
        self.push_and_lose([("a", "2"), ("b", "3")])
        self.assertEqual(puller.get()["missed"], 1)


if __name__ == "__main__":
    unittest.main()
