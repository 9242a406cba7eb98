"""A test case whose programs have a key ring."""

import os
import tempfile
from pathlib import Path

from support.subscriber import signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SECRET = "a-secret-of-a-subscriber-0123456789"
KEY_1 = "first " + "1f" * 32 + "\n"
KEY_2 = "second " + "2e" * 32 + "\n"


class KeyRingTest(SystemTest):
    def ring(self, text):
        """A key ring's file that only we may read."""
        if not hasattr(self, "ring_path"):
            handle, self.ring_path = tempfile.mkstemp()
            os.close(handle)
            self.addCleanup(os.unlink, self.ring_path)
        Path(self.ring_path).write_text(text)
        return self.ring_path

    def assert_signed(self, callback, body):
        count = callback.bodies().count(body)
        self.system.push(TOPIC, body)
        wait_until(lambda: callback.bodies().count(body) > count,
                   "the body arrives")
        delivery = [d for d in callback.deliveries if d.body == body][-1]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(SECRET, body))
