"""GET /admin/subscription: all that is known of one."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import CALLBACK, SHARDS, TOPIC, AdminTest
from support.attempt_log import Attempt, AttemptLog, Error
from support.httpd import Answer
from support.keys import digest, shard
from support.wait import wait_until


class Known(AdminTest):
    def found(self, **query):
        return self.get("/admin/subscription", **{"hub_topic": TOPIC,
                                              "hub_callback": CALLBACK,
                                              **query})

    def test_without_attempts(self):
        self.subscription()
        self.assertEqual(self.found(), {
            "topic": TOPIC, "callback": CALLBACK, "state": "active",
            "ordered": False, "generation": 7, "lease_ends_at": 9999999999,
            "has_secret": False, "signature": None, "headers": None,
            "since_ms": None, "missed": 0, "delivered": 0, "failed": 0,
            "bytes": 0, "attempts": [], "waiting": 0,
            "next_attempt_at_ms": None, "cursor": None, "gap": None})

    def test_totals_and_the_last_attempts(self):
        self.subscription()
        self.assertEqual(self.script(
            TOPIC, "attempts", digest(TOPIC), digest(CALLBACK),
            AttemptLog(5, 2, 700, [
                Attempt(1700000000001, 12, 100, 500, event=(1700000000000, 7),
                        number=2, body="why: €".encode()),
                Attempt(1700000000000, 1000, 100, 0, Error.TIMEOUT),
                Attempt(1699999999999, 1, 100, 0, 99, body=b"\xff\0")
            ]).written()), 1)
        found = self.found()
        self.assertEqual((found["delivered"], found["failed"],
                          found["bytes"]), (5, 2, 700))
        none = f"{shard(TOPIC, SHARDS)}-0-0"
        self.assertEqual(found["attempts"], [
            {"at_ms": 1700000000001, "event": none[:-3] + "1700000000000-7",
             "attempt": 2, "status": 500, "duration_ms": 12, "bytes": 100,
             "error": None, "body": "why: €"},
            {"at_ms": 1700000000000, "event": none, "attempt": 0, "status": 0,
             "duration_ms": 1000, "bytes": 100, "error": "timeout"},
            {"at_ms": 1699999999999, "event": none, "attempt": 0, "status": 0,
             "duration_ms": 1, "bytes": 100, "error": "unknown",
             "body_base64": "/wA="}])

    def test_what_processes_noted_out_of_order(self):
        self.subscription()
        for times in ((1700000000005, 1700000000001), (1700000000003,)):
            self.script(TOPIC, "attempts", digest(TOPIC), digest(CALLBACK),
                        AttemptLog(len(times), 0, 0, [
                            Attempt(at_ms, 1, 1, 200)
                            for at_ms in times]).written())
        self.assertEqual([row["at_ms"] - 1700000000000
                          for row in self.found()["attempts"]], [5, 3, 1])

    def test_a_body_that_was_cut_within_a_character(self):
        self.subscription()
        self.script(TOPIC, "attempts", digest(TOPIC), digest(CALLBACK),
                    AttemptLog(0, 1, 0, [Attempt(
                        1, body=("x" * 255 + "€").encode()[:256])]).written())
        self.assertEqual(self.found()["attempts"][0]["body"], "x" * 255)

    def test_a_log_of_another_version(self):
        self.subscription()
        self.redis.call("HSET", self.system.store.key(
            TOPIC, f"attempts:{digest(TOPIC)}"), digest(CALLBACK),
            b"\2" + bytes(25))
        found = self.found()
        self.assertEqual((found["delivered"], found["attempts"]), (0, []))

    def test_states(self):
        self.subscription()
        self.suspend()
        suspended = self.found()
        self.assertEqual((suspended["state"], suspended["missed"]),
                         ("suspended", 1))
        self.assertGreater(suspended["since_ms"], 1700000000000)
        self.assertEqual(suspended["waiting"], 1)
        self.assertGreater(suspended["next_attempt_at_ms"],
                           self.redis.now_ms())
        self.assertEqual(suspended["cursor"],
                         f"{shard(TOPIC, SHARDS)}-0-0")
        self.redis.call("DEL", self.system.store.key(TOPIC, "suspended"))
        self.assertEqual(self.found()["state"], "backfill")
        self.subscription(flags="c")
        self.assertEqual(self.found()["state"], "backfill")
        self.subscription(flags="o")
        self.assertEqual((self.found()["state"], self.found()["ordered"]),
                         ("ordered", True))

    def test_missed_are_the_events_that_come_by_turns(self):
        """Of 100 events; the cursor is at the 10th."""
        self.subscription()
        self.suspend()
        before = self.found()["missed"]
        key = self.system.store.key
        self.redis.call("HSET", key(TOPIC, f"topic:{digest(TOPIC)}"), "n", 100)
        for at, end, resume, due in (
                (10, "-", "-", 90), (10, "9-9:30", "-", 20),
                (10, "9-9:30", "9-9:70", 50), (80, "9-9:30", "9-9:70", 20),
                (30, "9-9:30", "-", 0), (100, "9-9:30", "9-9:70", 0),
                (101, "-", "-", 0)):
            with self.subTest(at=at, end=end, resume=resume):
                self.redis.call(
                    "HSET", key(TOPIC, f"cursor:{digest(TOPIC)}"),
                    digest(CALLBACK),
                    f"1 run 9-9 {at} 1700000000000 {end} {resume}")
                self.assertEqual(self.found()["missed"], before + due)

    def test_spellings_are_one(self):
        self.subscription()
        self.assertEqual(
            self.found(hub_topic="http://publisher.example/%74opic",
                       hub_callback=CALLBACK.replace("cb", "%63b")),
            self.found())

    def test_an_unknown_one_is_not_found(self):
        answer = self.ask("/admin/subscription", hub_topic=TOPIC,
                          hub_callback=CALLBACK)
        self.assertEqual(answer.status, 404)


class Deliveries(AdminTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"retry_base_ms": 60000, "retry_cap_ms": 60000,
                "suspend_after": 3}

    def found(self, callback):
        return self.get("/admin/subscription", hub_topic="a.b",
                        hub_callback=callback.url)

    def failed(self, body, **settings):
        """A callback whose one delivery has failed with that body."""
        for name, value in settings.items():
            self.system.program("deliver").stop()
            self.system.start("deliver", **{name: value})
        callback = self.system.subscriber().callback("/cb")
        self.system.activate("a.b", callback)
        callback.default = Answer(503, body)
        answer = self.system.push("a.b", b"event")
        wait_until(lambda: self.found(callback)["failed"] == 1, "it failed")
        return callback, json.loads(answer.body)["id"]

    def test_what_failed_and_when_it_is_tried_again(self):
        callback, event = self.failed(b"no bodies are kept")
        found = self.found(callback)
        attempt, = found["attempts"]
        self.assertEqual((attempt["event"], attempt["attempt"],
                          attempt["status"]), (event, 1, 503))
        self.assertNotIn("body", attempt)
        self.assertEqual(found["waiting"], 1)
        now = self.redis.now_ms()
        self.assertTrue(now < found["next_attempt_at_ms"] < now + 60000)

    def test_bodies_of_failures_are_kept_where_it_is_set(self):
        callback, _ = self.failed(b"why" * 200, keep_response_body="yes")
        self.assertEqual(self.found(callback)["attempts"][0]["body"],
                         ("why" * 200)[:256])
        callback.default = Answer(200, b"thanks")
        self.system.make_due()
        wait_until(lambda: self.found(callback)["delivered"] == 1,
                   "it is delivered")
        newest, oldest = self.found(callback)["attempts"]
        self.assertEqual((newest["attempt"], newest["status"]), (2, 200))
        self.assertNotIn("body", newest)
        self.assertIn("body", oldest)


if __name__ == "__main__":
    unittest.main()
