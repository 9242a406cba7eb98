"""Deliveries as Standard Webhooks, verified by that project's own library.

Where it can't be installed, the test ends with 77: skipped, see
tests/CMakeLists.txt."""

import base64
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.client import FOLDER, Client
from support.npm import installed
from support.subscriber import signature
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"
ENCODED = "whsec_" + base64.b64encode(bytes(range(24))).decode()
SECRETS = ((ENCODED, False), ("any other secret", True))


class Library(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = installed()

    def setUp(self):
        self.client = Client("node", os.path.join(FOLDER, "webhook.js"),
                             self.folder)
        self.addCleanup(self.client.close)
        self.asked = 0

    def fault(self, delivery, secret, raw, body=None):
        """What the library says of a delivery; None when it is fine."""
        self.client.send(json.dumps({
            "secret": secret, "raw": raw, "headers": dict(delivery.headers),
            "body": (body or delivery.body).decode()}))
        self.asked += 1
        return self.client.wait("verified", self.asked)["fault"]

    def check(self, callback, secret, raw):
        count = len(callback.deliveries)
        body = '{"text": "\u00fcber"}'.encode()
        event = json.loads(self.system.push(TOPIC, body).body)["id"]
        delivery = callback.wait_deliveries(count + 1)[count]
        self.assertEqual(delivery.headers["webhook-id"], event)
        self.assertIsNone(self.fault(delivery, secret, raw))
        self.assertEqual(self.fault(delivery, secret, raw, b"{}"),
                         "No matching signature found")
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(secret, body))

    def test_it_verifies_what_the_setting_asks_for(self):
        self.start_system(delivery_headers="standard-webhooks")
        callback = self.system.subscriber().callback("/cb")
        for secret, raw in SECRETS:
            self.system.activate(TOPIC, callback, secret=secret)
            self.check(callback, secret, raw)

    def test_it_verifies_what_the_subscriber_asks_for(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        for secret, raw in SECRETS:
            self.system.activate(TOPIC, callback, secret=secret, extra=[
                ("hub.websubd.headers", "standard")])
            self.check(callback, secret, raw)

    def test_it_verifies_a_later_attempt(self):
        self.start_system(retry_base_ms=20)
        callback = self.system.subscriber().callback("/cb", answers=[500])
        self.system.activate(TOPIC, callback, secret=ENCODED, extra=[
            ("hub.websubd.headers", "standard")])
        self.system.push(TOPIC, b"{}")
        for delivery in callback.wait_deliveries(2):
            self.assertIsNone(self.fault(delivery, ENCODED, False))


if __name__ == "__main__":
    skipped.main()
