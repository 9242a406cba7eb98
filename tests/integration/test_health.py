"""The health monitor finds what is wrong, and mends it."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.health import HealthTest, KINDS
from support.wait import wait_until


class Report(HealthTest):
    def test_of_a_sound_system(self):
        topic = "http://publisher.example/topic"
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(topic, callback)
        self.system.push(topic, b"one")
        self.system.wait_idle()
        report = self.check()
        self.assertEqual(report["summary"], "all is well", report)
        self.assertTrue(report["is_leader"])
        self.assertEqual(report["site"], "default")
        self.assertEqual(report["totals"]["subscriptions"], 1)
        self.assertEqual(report["totals"]["processes"], 3)
        self.assertEqual(report["totals"]["owned_shards"], 2)
        for kind in KINDS:
            self.assertEqual(report["issues"][kind],
                             {"count": 0, "samples": []})

    def test_of_topic_groups(self):
        for name in ("kept", "gone"):
            answer = self.send("PUT", f"/admin/groups/{name}", {"prefix": name})
            self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.hub.request("DELETE", "/admin/groups/gone", headers={
            "Authorization": f"Bearer {ADMIN}", "If-Match": "*"}).status, 200)
        self.assertEqual(self.issues(), set())

    def test_of_an_orphan(self):
        self.check()
        self.switch(False)
        self.call("HSET", "attempts:" + "t" * 22, "c" * 22, "x")
        self.assertEqual(self.issues(), {("orphaned", "attempts:" + "t" * 22,
                                          "drop-member")})
        self.switch(True)
        self.check()
        wait_until(lambda: not self.exists("attempts:" + "t" * 22),
                   "it is dropped")
        self.assertEqual(self.issues(), set())


if __name__ == "__main__":
    unittest.main()
