"""WebSub section 7 and what the tests of websub.rocks look at: how content
arrives, and that nothing does once an unsubscription counts."""

import re
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import held, signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
ATTEMPTS = 2
QUEUED = 200
PER_HOST = 2

CONTENT = {
    "text/plain": b"plain",
    "text/plain;charset=ISO-8859-1": b"\xe4",
    "text/html; charset=UTF-8": b"<p>\xc3\xa4</p>",
    "application/json": b'{"a": 1}',
    "application/feed+json": b'{"version": "https://jsonfeed.org/"}',
    "Application/Atom+XML; Charset=utf-8": b"<feed/>",
    "application/rss+xml": b"<rss/>",
    "application/octet-stream": bytes(range(256)),
    'multipart/mixed; boundary="a b"': b"--a b\r\n\r\n--a b--",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/x-www-form-urlencoded": b"a=1&b=%20",
    "text": b"no type at all",
}


class Distribution(SystemTest):
    settings = {"max_attempts": ATTEMPTS}

    def setUp(self):
        self.start_system(**self.settings)
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", query="", **options):
        callback = self.subscriber.callback(path, query)
        self.system.activate(TOPIC, callback, **options)
        return callback


class Content(Distribution):
    def test_pushed_content_types_and_bodies_arrive_identical(self):
        callback = self.active()
        for count, (kind, body) in enumerate(CONTENT.items(), 1):
            with self.subTest(kind=kind):
                self.system.push(TOPIC, body, kind)
                delivery = callback.wait_deliveries(count)[-1]
                self.assertEqual(delivery.headers.get_all("Content-Type"),
                                 [kind])
                self.assertEqual(delivery.body, body)

    def test_fetched_content_types_and_bodies_arrive_identical(self):
        callback = self.subscriber.callback("/cb")
        publisher = self.system.publisher()
        for number, (kind, body) in enumerate(CONTENT.items()):
            with self.subTest(kind=kind):
                topic = publisher.topic(f"/{number}", body, kind)
                self.system.activate(topic.url, callback)
                self.system.announce(topic.url, name="hub.topic")
                delivery = callback.wait_deliveries(number + 1)[-1]
                self.assertEqual(delivery.headers.get_all("Content-Type"),
                                 [kind])
                self.assertEqual(delivery.body, body)

    def test_link_has_the_hub_first_in_one_header(self):
        callback = self.active()
        self.system.push(TOPIC, b"1")
        link, = callback.wait_deliveries()[0].headers.get_all("Link")
        self.assertEqual(re.findall(r'<([^>]*)>; rel="(\w+)"', link),
                         [(self.hub.url, "hub"), (TOPIC, "self")])

    def test_hub_url_is_the_configured_one_byte_for_byte(self):
        for url in ("https://hub.example", "https://hub.example/",
                    "https://hub.example/path/hub?a=1&b=%2f"):
            with self.subTest(url=url):
                system = self.start_system(public_url=url, publish_open="yes")
                callback = system.subscriber().callback("/cb")
                system.activate(TOPIC, callback)
                answer = system.push(TOPIC, b"1")
                self.assertEqual(answer.headers["Link"],
                                 f'<{url}>; rel="hub"')
                link = callback.wait_deliveries()[0].headers["Link"]
                self.assertEqual(link, f'<{url}>; rel="hub", '
                                       f'<{TOPIC}>; rel="self"')

    def test_self_is_the_topic_in_its_normal_spelling(self):
        callback = self.active()
        self.system.push("http://publisher.example/%74opic", b"1")
        self.assertIn(f'<{TOPIC}>; rel="self"',
                      callback.wait_deliveries()[0].headers["Link"])

    def test_only_who_gave_a_secret_gets_a_signature(self):
        signed = self.active("/signed", secret="s" * 199)
        plain = self.active("/plain")
        self.system.push(TOPIC, b"body")
        self.system.wait_idle()
        self.assertEqual(
            signed.deliveries[0].headers.get_all("X-Hub-Signature"),
            [signature("s" * 199, b"body")])
        self.assertNotIn("X-Hub-Signature", plain.deliveries[0].headers)


class Failures(Distribution):
    def test_redirects_are_failures_and_not_followed(self):
        target = self.subscriber.callback("/target")
        callbacks = []
        for code in (300, 301, 302, 303, 305, 307, 308):
            moved = Answer(code, headers={"Location": target.url})
            callback = self.active(f"/{code}")
            callback.next_answers(*[moved] * ATTEMPTS)
            callbacks.append(callback)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        for callback in callbacks:
            self.assertEqual(callback.bodies(), [b"1"] * ATTEMPTS)
        self.assertEqual(target.deliveries + target.verifications, [])
        self.system.push(TOPIC, b"2")
        self.system.wait_idle()
        for callback in callbacks:
            self.assertEqual(callback.bodies()[ATTEMPTS:], [b"2"],
                             "the subscription stays")

    def test_dropped_notification_leaves_record_and_next_update(self):
        callback = self.active(secret="s")
        before = vars(self.system.store.record(TOPIC, callback.url))
        for number in range(3):
            callback.next_answers(*[500] * ATTEMPTS)
            self.system.push(TOPIC, b"lost %d" % number)
            self.system.wait_idle()
        self.assertEqual(vars(self.system.store.record(TOPIC, callback.url)),
                         before)
        self.system.push(TOPIC, b"arrives")
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 3 * ATTEMPTS + 1)


class UnsubscribedWhileQueued(Distribution):
    settings = {"per_host": PER_HOST, "timeout_ms": 30000,
                "drain_timeout_ms": 20000}

    def test_none_is_sent_once_the_unsubscription_counts(self):
        callback = self.active()
        verified = self.gate()
        callback.next_confirm(held(verified))
        self.hub.unsubscribe(TOPIC, callback.url)
        callback.wait_verifications(2)
        # One of the host's places is taken by the question; the other one
        # serves deliveries as slowly as we let it.
        turns = threading.Semaphore(0)
        self.addCleanup(turns.release, QUEUED)
        started = []
        self.subscriber.resources["/cb"] = self.slow(callback, turns, started)
        turns.release(5)  # a host that is slow loses places
        for number in range(QUEUED):
            self.system.push(TOPIC, b"%d" % number)
        wait_until(lambda: len(started) == 6, "five are through, one is held")
        verified.set()
        self.system.wait_gone(TOPIC, callback)
        turns.release(QUEUED)
        self.system.wait_idle()
        # What had been sent when it counted: the one that was held, and one
        # for the place that the answered question made free.
        self.assertLessEqual(len(started), 5 + PER_HOST)
        self.assertEqual(self.system.store.events_kept(), 0)
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"anew")
        self.system.wait_idle()
        self.assertEqual(started[-1], b"anew")
        self.assertEqual(started.count(b"anew"), 1)

    @staticmethod
    def slow(callback, turns, started):
        def resource(request):
            if request.method == "POST":
                started.append(request.body)
                turns.acquire(timeout=60)
            return callback(request)
        return resource


class UnsubscribedWhileFailing(Distribution):
    # A host that is slow keeps a quarter of its places: one for the challenge,
    # one for the deliveries.
    settings = {"per_host": 4 * PER_HOST, "suspend_after": 1000,
                "timeout_ms": 30000, "drain_timeout_ms": 20000}

    def test_retries_that_wait_are_not_sent_either(self):
        callback = self.active()
        witness = self.active("/witness")
        callback.next_answers(*[500] * 20)
        verified = self.gate()
        callback.next_confirm(held(verified))
        self.hub.unsubscribe(TOPIC, callback.url)
        callback.wait_verifications(2)
        for number in range(20):
            self.system.push(TOPIC, b"%d" % number)
        callback.wait_deliveries(20)
        verified.set()
        self.system.wait_gone(TOPIC, callback)
        count = len(callback.deliveries)
        self.system.wait_idle()
        self.assertLessEqual(len(callback.deliveries), count + 4 * PER_HOST)
        self.assertEqual(len(witness.deliveries), 20)
        self.assertEqual(self.system.store.events_kept(), 0)


if __name__ == "__main__":
    unittest.main()
