"""The headers of a delivery: its event's id and the attempt, those of Standard
Webhooks, and the coding of a body that was pushed with one."""

import base64
import gzip
import hashlib
import hmac
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import shard
from support.subscriber import signature
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"
SECRET = "s3cret"
STANDARD = [("hub.websubd.headers", "standard")]
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Ids(SystemTest):
    def pushed(self, topic=TOPIC, body=b"1", **options):
        """The id that the publisher was told."""
        return json.loads(self.system.push(topic, body, **options).body)["id"]

    def told(self, callback):
        return [(delivery.headers["Websubd-Event"],
                 delivery.headers["Websubd-Attempt"])
                for delivery in callback.deliveries]

    def test_each_delivery_has_the_id_of_its_event(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        topics = [f"{TOPIC}/{number}" for number in range(5)]
        for topic in topics:
            self.system.activate(topic, callback)
        ids = {self.pushed(topic) for topic in topics}
        callback.wait_deliveries(len(topics))
        self.assertEqual(set(self.told(callback)), {(i, "1") for i in ids})

    def test_a_repetition_has_the_same_id_and_the_next_attempt(self):
        self.start_system(retry_base_ms=20, max_attempts=5)
        callback = self.system.subscriber().callback("/cb",
                                                     answers=[500, 302])
        self.system.activate(TOPIC, callback)
        event = self.pushed()
        callback.wait_deliveries(3)
        self.assertEqual(self.told(callback),
                         [(event, "1"), (event, "2"), (event, "3")])

    def test_cursor_jobs_have_them_too(self):
        self.start_system(retry_base_ms=20, max_attempts=5)
        callback = self.system.subscriber().callback("/cb", answers=[500])
        self.system.activate(TOPIC, callback,
                             extra=[("hub.websubd.ordered", "true")])
        first, second = self.pushed(), self.pushed(body=b"2")
        callback.wait_deliveries(3)
        self.assertEqual(self.told(callback), [(first, "1"), (first, "2"),
                                               (second, "1")])

    def test_what_was_fetched_has_an_id(self):
        self.start_system()
        topic = self.system.publisher().topic("/feed", b"<feed/>")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(topic.url, callback)
        self.system.announce(topic.url)
        callback.wait_deliveries()
        (event, attempt), = self.told(callback)
        self.assertRegex(event, rf"\A{shard(topic.url, 4)}-\d+-\d+\Z")
        self.assertEqual(attempt, "1")


class Standard(SystemTest):
    def check(self, delivery, key):
        """The three headers are as the specification says."""
        event, at, signed = (delivery.headers[name] for name in NAMES)
        self.assertEqual(event, delivery.headers["Websubd-Event"])
        text = f"{event}.{at}.".encode() + delivery.body
        tag = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest())
        self.assertEqual(signed, "v1," + tag.decode())

    def deliver(self, callback, body=b"\0\xff any bytes", **options):
        self.system.activate(TOPIC, callback, **options)
        count = len(callback.deliveries)
        self.system.push(TOPIC, body)
        return callback.wait_deliveries(count + 1)[count]

    def test_they_are_signed_with_the_secret(self):
        self.start_system(delivery_headers="standard-webhooks")
        callback = self.system.subscriber().callback("/cb")
        self.check(self.deliver(callback, secret=SECRET), SECRET.encode())
        key = bytes(range(7, 39))
        encoded = "whsec_" + base64.b64encode(key).decode()
        self.check(self.deliver(callback, secret=encoded), key)
        self.check(self.deliver(callback, b"", secret="whsec_broken"),
                   b"whsec_broken")

    def test_without_a_secret_there_is_no_signature(self):
        self.start_system(delivery_headers="standard-webhooks")
        callback = self.system.subscriber().callback("/cb")
        headers = self.deliver(callback).headers
        self.assertIn("webhook-id", headers)
        self.assertIn("webhook-timestamp", headers)
        self.assertNotIn("webhook-signature", headers)
        self.assertNotIn("X-Hub-Signature", headers)

    def test_a_subscriber_chooses(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        self.check(self.deliver(callback, secret=SECRET, extra=STANDARD),
                   SECRET.encode())
        headers = self.deliver(callback, secret=SECRET).headers
        for name in NAMES:
            self.assertNotIn(name, headers)

    def test_a_subscriber_may_choose_against_the_setting(self):
        self.start_system(delivery_headers="standard-webhooks")
        callback = self.system.subscriber().callback("/cb")
        headers = self.deliver(callback, secret=SECRET, extra=[
            ("hub.websubd.headers", "websub")]).headers
        for name in NAMES:
            self.assertNotIn(name, headers)
        self.assertIn("X-Hub-Signature", headers)


class Codings(SystemTest):
    BODY = gzip.compress(b"<feed/>" * 100)

    def setUp(self):
        self.start_system()
        self.callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, self.callback, secret=SECRET)

    def push(self, coding, body=BODY, **headers):
        return self.system.hub.request(
            "POST", "/publish?hub.topic=" + TOPIC, body,
            {"Content-Type": "application/atom+xml",
             "Content-Encoding": coding, **headers})

    def check(self, coding, body=BODY):
        delivery = self.callback.wait_deliveries()[-1]
        self.assertEqual(delivery.headers["Content-Encoding"], coding)
        self.assertEqual(delivery.headers["Content-Type"],
                         "application/atom+xml")
        self.assertEqual(delivery.body, body)
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(SECRET, body))

    def test_a_pushed_one_is_sent_on_and_signed_as_sent(self):
        self.assertEqual(self.push("gzip").status, 202)
        self.check("gzip")

    def test_of_a_push_with_a_key_too(self):
        self.assertEqual(
            self.push("br, gzip", **{"Idempotency-Key": "k"}).status, 202)
        self.check("br, gzip")

    def test_any_coding_is_passed_on(self):
        self.assertEqual(self.push("x-own; q=1", b"any bytes").status, 202)
        self.check("x-own; q=1", b"any bytes")

    def test_an_empty_one_is_none(self):
        self.assertEqual(self.push("", b"plain").status, 202)
        delivery = self.callback.wait_deliveries()[0]
        self.assertNotIn("Content-Encoding", delivery.headers)

    def test_one_that_is_too_long_is_refused(self):
        self.assertEqual(self.push("x" * 256).status, 202)
        self.callback.wait_deliveries()
        answer = self.push("x" * 257)
        self.assertEqual(answer.status, 400)
        self.assertIn("Content-Encoding", answer.body.decode())

    def test_a_direct_producer_may_set_it(self):
        self.system.redis.call(
            "XADD", self.system.store.key(TOPIC, "log"), "*", "v", 1, "t",
            TOPIC, "ct", "application/atom+xml", "ce", "deflate", "b",
            self.BODY)
        self.check("deflate")

    def test_one_of_a_direct_producer_that_is_no_value_is_rejected(self):
        for bad in ("", "a\r\nX: y", "x" * 257, " gzip"):
            self.system.redis.call(
                "XADD", self.system.store.key(TOPIC, "log"), "*", "v", 1, "t",
                TOPIC, "ct", "text/plain", "ce", bad, "b", "body")
        self.system.wait_idle()
        self.assertEqual(self.callback.deliveries, [])
        rejected = self.system.redis.call(
            "XRANGE", self.system.store.key(TOPIC, "rejected"), "-", "+")
        self.assertEqual(len(rejected), 4)


if __name__ == "__main__":
    unittest.main()
