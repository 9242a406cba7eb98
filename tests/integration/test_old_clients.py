"""What clients of PubSubHubbub 0.3 and 0.4 need: sha1, the verify token sent
back, and 204 for an announcement."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.subscriber import signature, status
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"
SECRET = "s3cret"
HASHES = ("sha1", "sha256", "sha384", "sha512")
CHOICE = "hub.websubd.signature"


class Signatures(SystemTest):
    def subscribe(self, callback, *chosen, topic=TOPIC):
        self.system.activate(topic, callback, secret=SECRET,
                             extra=[(CHOICE, name) for name in chosen])

    def assert_hash(self, callback, method, topic=TOPIC):
        count = len(callback.deliveries)
        body = f"{count} {method}".encode()
        self.system.push(topic, body)
        delivery = callback.wait_deliveries(count + 1)[count]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(SECRET, body, method))

    def test_a_subscriber_chooses_its_hash(self):
        self.start_system(signature_hash="sha384")
        callback = self.system.subscriber().callback("/cb")
        for method in HASHES:
            self.subscribe(callback, method)
            self.assert_hash(callback, method)
        self.subscribe(callback)  # a renewal says it anew
        self.assert_hash(callback, "sha384")

    def test_an_unverified_renewal_leaves_the_choice(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        self.subscribe(callback, "sha1")
        callback.next_confirm(status(404))
        self.system.request(TOPIC, callback, secret=SECRET,
                            extra=[(CHOICE, "sha512")])
        self.system.wait_decided(TOPIC, callback)
        self.assert_hash(callback, "sha1")

    def test_the_choice_stays_with_other_states_of_the_subscription(self):
        self.start_system(max_attempts=5, suspend_after=1, probe_cap_ms=50,
                          retry_base_ms=20)
        callback = self.system.subscriber().callback("/cb",
                                                     answers=[500, 500])
        self.subscribe(callback, "sha1")
        self.system.push(TOPIC, b"while it fails")
        callback.wait_deliveries(3)
        self.system.wait_idle()
        for delivery in callback.deliveries:
            self.assertEqual(delivery.headers["X-Hub-Signature"],
                             signature(SECRET, delivery.body, "sha1"))
        self.assert_hash(callback, "sha1")

    def test_replicas_of_a_wildcard_have_the_choice(self):
        self.start_system(shards=8)
        callback = self.system.subscriber().callback("/cb")
        self.subscribe(callback, "sha1", topic="*")
        self.system.wait_idle()  # the replicas are made
        for topic in ("orders.created", "users.created", "a", "b", "c"):
            self.assert_hash(callback, "sha1", topic)

    def test_rules_by_callback_choose_for_others(self):
        self.start_system(signature_hash="localhost=sha1, "
                                         "*://127.0.0.1:*/new/*=sha512, sha384")
        subscriber = self.system.subscriber()
        old = self.system.subscriber("localhost").callback("/cb")
        new = subscriber.callback("/new/cb")
        other = subscriber.callback("/cb")
        for callback, method in ((old, "sha1"), (new, "sha512"),
                                 (other, "sha384")):
            topic = f"http://publisher.example/{method}"
            self.subscribe(callback, topic=topic)
            self.assert_hash(callback, method, topic)
            self.subscribe(callback, "sha256", topic=topic)
            self.assert_hash(callback, "sha256", topic)


class VerifyTokens(SystemTest):
    TOKEN = "a token & more/\u00e4"

    def setUp(self):
        self.start_system()
        self.callback = self.system.subscriber().callback("/cb", "?k=%20v")

    def tokens(self):
        """Those of all verifications, None where there was none."""
        return [asked.fields.get("hub.verify_token")
                for asked in self.callback.verifications]

    def test_it_is_sent_back(self):
        extra = [("hub.verify", "sync"), ("hub.verify_token", self.TOKEN)]
        self.system.activate(TOPIC, self.callback, extra=extra)
        self.system.hub.subscribe(TOPIC, self.callback.url, extra=extra,
                                  mode="unsubscribe")
        self.system.wait_gone(TOPIC, self.callback)
        self.assertEqual(self.tokens(), [self.TOKEN] * 2)

    def test_none_is_sent_back_when_none_was_given(self):
        self.system.activate(TOPIC, self.callback,
                             extra=[("hub.verify_token", self.TOKEN)])
        self.system.activate(TOPIC, self.callback)
        self.system.activate(TOPIC, self.callback,
                             extra=[("hub.verify_token", "")])
        self.assertEqual(self.tokens(), [self.TOKEN, None, None])

    def test_it_is_sent_again_with_a_verification_that_is_repeated(self):
        self.callback.next_confirm(status(503))
        self.system.request(TOPIC, self.callback,
                            extra=[("hub.verify_token", self.TOKEN)])
        self.system.wait_active(TOPIC, self.callback)
        self.assertEqual(self.tokens(), [self.TOKEN] * 2)


class Announcements(SystemTest):
    def test_they_are_answered_204_without_a_body(self):
        self.start_system(roles=("hub",))
        link = self.system.hub.stream(
            b"POST / HTTP/1.0\r\nContent-Type: "
            b"application/x-www-form-urlencoded\r\nContent-Length: 50\r\n"
            b"Connection: keep-alive\r\n\r\n"
            b"hub.mode=publish&hub.url=http%3A%2F%2Fa.example%2F")
        self.addCleanup(link.close)
        answer = link.answer()
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertNotIn("Content-Length", answer.headers)
        answer = self.system.hub.form([
            ("hub.mode", "publish"), ("hub.url", "http://a.example/"),
            ("hub.topic", "http://b.example/")])
        self.assertEqual((answer.status, answer.body), (204, b""))


if __name__ == "__main__":
    unittest.main()
