"""What all processes did in the last minutes, and who a token is."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import AdminSystemTest
from support.wait import wait_until

TOPIC = "orders.created"
COUNTED = ("accepted", "fanned_out", "delivered", "retried", "dead", "ended")


class History(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"max_attempts": 2}

    def sums(self, name="5m"):
        return self.get("/admin/history", range=name)["sums"]

    def total(self, name="5m"):
        rows = self.sums(name)
        return {kind: sum(row[kind] for row in rows) for kind in COUNTED}

    def wait_total(self, **wanted):
        expected = {**dict.fromkeys(COUNTED, 0), **wanted}
        wait_until(lambda: self.total() == expected,
                   f"{expected} are counted; {self.total()}")

    def test_events_and_deliveries_of_all_processes_are_added_up(self):
        self.assertEqual(self.total(), dict.fromkeys(COUNTED, 0))
        subscriber = self.system.subscriber()
        good, bad = subscriber.callback("/good"), subscriber.callback("/bad")
        bad.default = 500
        for callback in (good, bad):
            self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        self.wait_total(accepted=1, fanned_out=1, delivered=1, retried=1,
                        dead=1)
        for name in ("5m", "1h", "1d"):
            self.assertEqual(self.total(name), self.total())
        found = [row for row in self.sums("1h") if row["delivered"]]
        for row in found:
            self.assertGreater(row["p99_ms"], 0)
            self.assertLessEqual(row["p50_ms"], row["p99_ms"])
        keys = self.redis.call("KEYS", "websub:{c}:sums:*")
        self.assertTrue(keys)
        for key in keys:
            self.assertGreater(self.redis.call("TTL", key), 0)

    def test_what_a_process_counted_last_is_counted_when_it_ends(self):
        self.system.push(TOPIC, b"1")
        self.system.program("hub").stop()
        self.system.start("hub")
        self.wait_total(accepted=1, fanned_out=1)

    def test_what_waits_is_what_the_owners_say(self):
        callback = self.system.subscriber().callback("/a")
        self.system.activate(TOPIC, callback)
        self.system.program("deliver").stop()
        for _ in range(3):
            self.system.push(TOPIC, b"1")
        wait_until(lambda: self.sums() and self.sums()[0]["waiting"] >= 3,
                   "three jobs wait")
        self.assertGreater(self.sums()[0]["oldest_ms"], 0)

    def test_another_range_is_refused(self):
        answer = self.ask("/admin/history", range="1w")
        self.assertEqual(answer.status, 400)
        self.assertIn(b"range must be 5m, 1h or 1d.", answer.body)
        self.assertEqual(self.get("/admin/history")["step_ms"], 5000)
        self.assertEqual(self.get("/admin/history", range="1d")["step_ms"],
                         60000)

    def test_whose_token_it_is(self):
        found = self.get("/admin/whoami")
        self.assertEqual((found["token"], found["read_only"]),
                         ("admin-1", False))
        self.assertEqual(found["public_url"], self.hub.url)


if __name__ == "__main__":
    unittest.main()
