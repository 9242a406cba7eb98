"""Disk and memory of Redis are full: the programs stay up, say why they are not
ready, and what was accepted arrives once there is a place again."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.isolated import isolated_disk_full
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
LINES_MAX = 60  # in five seconds, of any program


class Disk(unittest.TestCase):
    def check(self, gone, reason):
        got = isolated_disk_full(gone)
        if got is None:
            self.skipTest("the system allows no namespaces")
        for role, text in got["reasons"].items():
            self.assertIn(reason, text, role)
        for role, lines in got["lines"].items():
            self.assertLess(lines, LINES_MAX, role)
        self.assertGreater(got["accepted"], 1)

    def test_a_redis_that_refuses_writes(self):
        self.check(False, "Redis refuses writes: MISCONF")

    def test_a_redis_that_ends_for_it(self):
        self.check(True, "Redis is not reached")


class Memory(SystemTest):
    def test_all_programs_stay_up_and_say_why_they_are_not_ready(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"before")
        callback.wait_deliveries()
        self.system.redis.call("CONFIG", "SET", "maxmemory", 1)
        for program in self.system.programs:
            text = wait_until(
                lambda p=program: next(
                    (text for status, text in [p.status("/readyz")]
                     if status == 503 and "refuses" in text), None),
                f"{program.name} says why")
            self.assertIn("Redis refuses writes: OOM", text)
            self.assertEqual(program.status("/healthz")[0], 200)
        self.system.redis.call("CONFIG", "SET", "maxmemory", 0)
        for program in self.system.programs:
            wait_until(lambda p=program: p.status("/readyz")[0] == 200,
                       f"{program.name} is ready")
        self.system.push(TOPIC, b"after")
        callback.wait_deliveries(2)
        self.system.wait_idle()


if __name__ == "__main__":
    unittest.main()
