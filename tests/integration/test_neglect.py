"""/readyz says what waits that nobody does, and stays 200."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Neglect(SystemTest):
    settings = {"heartbeat_interval_ms": 200}

    def said(self, role, text):
        """What /readyz says once it has this in it; the status is 200."""
        def found():
            status, body = self.system.program(role).status("/readyz")
            self.assertEqual(status, 200, body)
            return body if text in body else None
        return wait_until(found, f"/readyz of {role} says '{text}'")

    def work(self):
        return json.loads(self.system.program("hub").status(
            "/healthz?verbose=1")[1])["work"]

    def test_no_deliver_lives(self):
        self.start_system(roles=("hub", "spreader"), **self.settings)
        self.said("hub", "ready\n")  # nothing waits
        callback = self.system.subscriber().callback("/cb")
        self.system.request(TOPIC, callback)
        for role in ("hub", "spreader"):
            self.assertEqual(self.said(role, "deliver"),
                             "ready: 1 jobs wait in 1 shard, and no deliver "
                             "lives\n")
        self.assertEqual(self.work(), {
            "status": "degraded",
            "reason": "1 jobs wait in 1 shard, and no deliver lives"})
        self.system.start("deliver")
        self.system.wait_active(TOPIC, callback)
        for role in ("hub", "spreader", "deliver"):
            self.said(role, "ready\n")
        wait_until(lambda: self.work() == {"status": "healthy",
                                           "reason": None}, "it is healthy")

    def test_no_spreader_lives(self):
        self.start_system(roles=("hub", "deliver"), **self.settings)
        self.system.push(TOPIC, b"body")
        for role in ("hub", "deliver"):
            self.assertEqual(self.said(role, "spreader"),
                             "ready: 1 pieces of work wait in 1 shard, and no "
                             "spreader lives\n")
        self.system.start("spreader")
        self.said("hub", "ready\n")

    def test_a_shard_has_no_owner(self):
        self.start_system(roles=("hub", "spreader", "deliver"),
                          **self.settings)
        self.said("hub", "ready\n")

        def said():  # its owner would say soon again that it is there
            self.system.redis.call("HDEL", "websub:{c}:shards", 2)
            return self.system.program("hub").status("/readyz") == (
                200, "ready: 1 of 4 shards have no owner\n")
        wait_until(said, "the hub says so")


if __name__ == "__main__":
    unittest.main()
