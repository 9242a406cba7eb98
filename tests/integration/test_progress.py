"""/readyz tells when a process does not get on although work waits."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Progress(SystemTest):
    def setUp(self):
        # Without progress for 1.5 timeouts and 3 s deliver is not ready, for
        # one timeout and 5 s a spreader.
        self.start_system(timeout_ms=1000)
        self.redis = self.system.redis
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback)

    def ready(self, role):
        return self.system.program(role).status("/readyz")

    def wait_ready(self, role, status):
        wait_until(lambda: self.ready(role)[0] == status,
                   f"/readyz of {role} answers {status}")

    def permit(self, *rules):
        self.redis.change_rights(*rules)

    def forbid(self, command):
        """Also to those that wait in Redis at this moment."""
        self.permit("-" + command)
        self.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_until(lambda: self.system.hub.get("/readyz").status == 200,
                   "the hub is ready again")

    def test_a_deliver_that_may_not_read(self):
        self.forbid("xreadgroup")
        outbox = self.system.store.key(TOPIC, "outbox")
        self.redis.call("XADD", outbox, "*", "e", "1-1", "c", "x" * 22)
        wait_until(lambda: "work waits" in self.ready("deliver")[1],
                   "it says that work waits")
        self.system.program("deliver").wait_event("no-progress")
        self.permit("+xreadgroup")
        self.wait_ready("deliver", 200)
        self.system.wait_idle()

    def test_a_spreader_that_may_not_read(self):
        self.forbid("xread")
        self.system.push(TOPIC, b"body")
        wait_until(lambda: "work waits" in self.ready("spreader")[1],
                   "it says that work waits")
        self.permit("+xread")
        self.wait_ready("spreader", 200)
        self.callback.wait_deliveries()
        self.system.wait_idle()

    def test_outcomes_that_redis_refuses(self):
        self.permit("-xack")
        self.system.push(TOPIC, b"body")
        self.callback.wait_deliveries()
        self.wait_ready("deliver", 503)
        self.permit("+xack")
        self.wait_ready("deliver", 200)
        self.system.wait_idle()
        self.assertEqual(len(self.callback.deliveries), 1)

    def test_slow_subscribers_are_no_lack_of_progress(self):
        callback = self.system.subscriber("127.0.0.2").callback("/slow")
        self.system.activate(TOPIC, callback)
        self.system.program("deliver").stop()
        self.system.start("deliver", timeout_ms=300)
        callback.default = Answer(204, gate=self.gate())
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries(4)  # each cut after its time
        self.assertEqual(self.ready("deliver")[0], 200)


if __name__ == "__main__":
    unittest.main()
