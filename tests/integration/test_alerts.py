"""What is wrong with the system is told once an episode, with its end."""

import base64
import hashlib
import hmac
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN, TOPIC
from support.alerts import AlertsTest
from support.httpd import Answer
from support.subscriber import Subscriber
from support.wait import wait_until

ALERTS = "hub.alerts"
SECRET = "a-secret-of-the-operator"


class Kinds(AlertsTest):
    def test_all_is_well_without_one(self):
        self.system.activate(TOPIC, self.system.subscriber().callback("/"))
        wait_until(lambda: self.redis.call("HGET", "websub:{c}:alerts_sent",
                                           "topic"), "a survey was made")
        self.assertEqual(self.active(), {})
        self.assertEqual(self.notices(), [])

    def test_jobs_that_nobody_delivers(self):
        callback = self.system.subscriber().callback("/")
        self.system.activate(TOPIC, callback)
        deliver = self.system.program("deliver")
        name = deliver.wait_event("started")["instance"]
        self.system.program("deliver").kill()
        for n in range(3):
            self.system.push(TOPIC, f"{n}".encode())
        self.assertRegex(self.wait_active("oldest-job"),
                         r"the oldest job waits for \d+ s, in outbox of shard")
        self.assertEqual(self.wait_active("no-process", "deliver"),
                         "no deliver lives")
        self.wait_active("instance-failed", name)
        self.system.start("deliver")
        callback.wait_deliveries(3)
        self.wait_over("oldest-job")
        self.wait_over("no-process", "deliver")
        self.wait_over("instance-failed", name)

    def test_a_process_that_died_is_over_when_another_one_replaces_it(self):
        second = self.system.start("hub", listen="127.0.0.1:0")
        wait_until(lambda: self.redis.call("HLEN", "websub:{c}:instances") == 4,
                   "four processes")
        name = second.wait_event("started")["instance"]
        self.survey()
        second.kill()
        self.wait_active("instance-failed", name)
        self.assertNotIn(("no-process", "hub"), self.active())
        self.system.start("hub", listen="127.0.0.1:0")
        self.wait_over("instance-failed", name)

    def test_suspended_subscriptions(self):
        server = self.system.subscriber()
        good = server.callback("/good")
        bad = server.callback("/bad")
        bad.default = 500
        for callback in (good, bad):
            self.system.activate(TOPIC, callback)
        self.system.activate("other.topic", bad)
        self.survey()
        for topic in (TOPIC, "other.topic"):
            for n in range(4):
                self.system.push(topic, f"{n}".encode())
        self.assertEqual(self.wait_active("suspended"),
                         "2 of 3 subscriptions are suspended")

    def test_dead_letters_that_arrive(self):
        self.survey()
        self.redis.call("XADD", "websub:{0}:dead", "*", "v", 1, "e", "1-1",
                        "t", TOPIC, "c", "x", "cb", "http://a.example/", "n",
                        1, "why", "status 500")
        self.assertEqual(self.wait_active("dead-letters"),
                         "dead letters arrive; there are 1")

    def test_a_gap(self):
        self.redis.call("XADD", "websub:{0}:gaps", "*", "td", "-", "cd", "-",
                        "from", "1-1", "to", "-", "n", 1)
        self.wait_active("gap")

    def test_redis_policy_and_persistence_and_memory(self):
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.redis.call("CONFIG", "SET", "appendonly", "no")
        self.redis.call("CONFIG", "SET", "maxmemory", "1gb")
        self.assertIn("allkeys-lru", self.wait_active("redis-policy"))
        self.assertIn("appendonly yes", self.wait_active("redis-persistence"))
        self.redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.redis.call("CONFIG", "SET", "appendonly", "yes")
        self.wait_over("redis-policy")
        self.wait_over("redis-persistence")
        info = self.redis.call("INFO", "memory")
        used = int(info.decode().split("used_memory:")[1].split()[0])
        self.redis.call("CONFIG", "SET", "maxmemory", used * 100 // 85)
        self.assertRegex(self.wait_active("memory"), r"Redis uses \d\d% ")
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.wait_over("memory")

    def test_what_a_process_says_of_itself(self):
        now_ms = int(self.redis.call("TIME")[0]) * 1000
        self.redis.call("HSET", "websub:{c}:conditions", "keys-missing hub-9",
                        f"{now_ms} it has no key")
        self.assertEqual(self.wait_active("keys-missing", "hub-9"),
                         "it has no key")
        self.redis.call("HSET", "websub:{c}:conditions", "keys-missing hub-9",
                        f"{now_ms - 100000} it has no key")
        self.wait_over("keys-missing", "hub-9")
        self.assertEqual(self.redis.call("HLEN", "websub:{c}:conditions"), 0)

    def test_undecodable(self):
        self.redis.call("XADD", self.system.store.key("orders.created", "log"),
                        "*", "v", 99, "t", "orders.created")
        self.assertRegex(self.wait_active("undecodable"), r"^\d entries")


class Told(AlertsTest):
    def setUp(self):
        super().setUp()
        self.server = self.system.subscriber()

    def condition(self, subject, lasts=True):
        now_ms = int(self.redis.call("TIME")[0]) * 1000
        name = f"keys-missing {subject}"
        if lasts:
            self.redis.call("HSET", "websub:{c}:conditions", name,
                            f"{now_ms} of {subject}")
        else:
            self.redis.call("HDEL", "websub:{c}:conditions", name)

    def subscribe(self, topic, token=None):
        callback = self.server.callback("/" + topic)
        answer = self.hub.subscribe(topic, callback.url, token=token)
        return callback, answer.status

    def test_the_topic_is_for_operators_alone(self):
        _, status = self.subscribe(ALERTS)
        self.assertEqual(status, 401)
        answer = self.hub.push(ALERTS, b"x", token=ADMIN)
        self.assertEqual(answer.status, 403)
        stream = self.hub.get(f"/stream?hub.topic={ALERTS}")
        self.assertEqual(stream.status, 401)
        mine, status = self.subscribe(ALERTS, ADMIN)
        self.assertEqual(status, 202)
        self.system.wait_active(ALERTS, mine)
        above = []
        for topic in ("hub", "*"):
            callback, _ = self.subscribe(topic)
            self.system.wait_active(topic, callback)
            above.append(callback)
        self.condition("a")
        first, = mine.wait_deliveries(1)
        told = json.loads(first.body)
        self.assertEqual((told["kind"], told["subject"], told["state"],
                          told["detail"], told["runbook"]),
                         ("keys-missing", "a", "raised", "of a",
                          "docs/RUNBOOK.md#keys-missing"))
        self.condition("a", False)
        second = mine.wait_deliveries(2)[1]
        self.assertEqual(json.loads(second.body)["state"], "resolved")
        self.system.push("hub.other", b"done")
        for callback in above:
            only, = callback.wait_deliveries(1)
            self.assertEqual(only.body, b"done")

    def test_each_is_logged_and_a_cluster_event(self):
        self.condition("a")
        spreader = self.system.program("spreader")
        line = spreader.wait_event("alert")
        self.assertEqual((line["kind"], line["subject"]),
                         ("keys-missing", "a"))
        self.condition("a", False)
        spreader.wait_event("alert-over")
        details = [event["detail"] for event in
                   self.get("/admin/events", limit=200)["events"]
                   if event["kind"] == "alert"]
        self.assertEqual(details, ["raised keys-missing a",
                                   "resolved keys-missing a"])

    def test_the_coordinator_dies_and_nothing_is_told_twice(self):
        mine, _ = self.subscribe(ALERTS, ADMIN)
        self.system.wait_active(ALERTS, mine)
        self.condition("a")
        mine.wait_deliveries(1)
        other = self.system.start("spreader")
        self.system.programs[1].kill()
        self.condition("a")
        self.condition("b")
        wait_until(lambda: ("keys-missing", "b") in self.active(),
                   "the next one goes on")
        wait_until(lambda: {json.loads(d.body)["subject"] for d in
                            mine.deliveries} >= {"a", "b"}, "it is told")
        told = [(json.loads(d.body)["state"], json.loads(d.body)["subject"])
                for d in mine.deliveries]
        self.assertEqual(told.count(("raised", "a")), 1)
        self.assertEqual(told.count(("raised", "b")), 1)
        self.assertTrue(other.running)


class Webhook(AlertsTest):
    def setUp(self):
        self.received = self.make_receiver()
        self.settings = {"alert_url": self.received.url,
                         "alert_secret": SECRET}
        super().setUp()

    def make_receiver(self):
        server = Subscriber()
        self.addCleanup(server.close)
        return server.callback("/alerts", answers=[Answer(500), Answer(204)])

    def test_each_is_posted_signed_and_repeated_until_it_is_taken(self):
        self.redis.call("XADD", "websub:{0}:gaps", "*", "td", "-", "cd", "-",
                        "from", "1-1", "to", "-", "n", 1)
        wait_until(lambda: len(self.received.deliveries) == 2,
                   "it is posted again after a failure")
        first, second = self.received.deliveries
        self.assertEqual(first.body, second.body)
        told = json.loads(second.body)
        self.assertEqual((told["kind"], told["state"]), ("gap", "raised"))
        self.assertEqual(told["hub"], self.hub.url)
        self.assertEqual(second.headers["webhook-id"], told["id"])
        signed = (f"{told['id']}.{second.headers['webhook-timestamp']}."
                  ).encode() + second.body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        self.assertEqual(second.headers["webhook-signature"],
                         "v1," + base64.b64encode(digest).decode())
        self.system.program("spreader").wait_event("alert-unsent")
        self.assertNotIn(SECRET, self.system.log())


if __name__ == "__main__":
    unittest.main()
