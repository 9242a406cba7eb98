"""Responses that never end, in whatever part of them, end with the limit on
bytes, long before the time is up."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.endless import KINDS, Endless
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"

# What the programs read at most, 2.25 MiB, and what may be in the buffers of
# both ends.
MOST_BYTES = 16 << 20
LONG_MS = 60000  # no time limit ends any of them


class EndlessResponses(SystemTest):
    def start(self, **settings):
        self.endless = Endless()
        self.addCleanup(self.endless.close)
        self.start_system(**{"shards": 1, "timeout_ms": LONG_MS,
                             "max_attempts": 1, **settings})
        return self.endless

    def check(self, role, names):
        self.endless.wait_over(*names)
        for name in names:
            with self.subTest(name):
                self.assertLess(self.endless.sent[name], MOST_BYTES)
        program = self.system.program(role)
        self.assertGreater(
            program.metric("websubd_http_responses_cut_total"), 0)
        program.wait_event("response-cut")

    def test_of_deliveries(self):
        endless = self.start(verify="off")
        for name in KINDS:
            self.system.hub.subscribe(TOPIC, endless.url(name))
        self.system.push(TOPIC, b"content")
        self.check("deliver", list(KINDS))

    def test_of_deliveries_on_a_kept_connection(self):
        endless = self.start(verify="off", max_attempts=2)
        names = [f"{name}-kept" for name in KINDS]
        for name in names:
            self.system.hub.subscribe(TOPIC, endless.url(name))
        self.system.push(TOPIC, b"content")
        self.check("deliver", names)
        self.assertTrue(endless.kept, "some came on a kept connection")

    def test_of_verifications(self):
        endless = self.start()
        for name in KINDS:
            self.system.hub.subscribe(TOPIC, endless.url(name))
        self.check("deliver", list(KINDS))

    def test_of_fetches_and_validations(self):
        endless = self.start(validate_topic="yes")
        for name in KINDS:
            self.system.hub.subscribe(endless.url(name), TOPIC)
        self.check("spreader", list(KINDS))


if __name__ == "__main__":
    unittest.main()
