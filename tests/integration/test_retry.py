"""Callbacks that fail, in every way, and what is done about it."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import echo, held, status, wrong
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
ATTEMPTS = 3
TIMEOUT_MS = 500
LONG_MS = 60000  # no wait of a test is as long


class Retry(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(max_attempts=ATTEMPTS, **self.settings)
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def push_and_finish(self, body=b"body"):
        self.system.push(TOPIC, body)
        self.system.wait_idle()


class Deliveries(Retry):
    def test_500_then_200_arrives(self):
        callback = self.active(answers=[500, 200])
        self.push_and_finish()
        self.assertEqual(callback.bodies(), [b"body", b"body"])
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.assertEqual(self.store.events_kept(), 0)

    def test_all_other_statuses_are_failures(self):
        for code in (301, 302, 304, 307, 400, 401, 403, 404, 408, 429, 500,
                     503, 599):
            with self.subTest(code=code):
                callback = self.active(f"/{code}", answers=[code, 200])
                self.push_and_finish()
                self.assertEqual(len(callback.deliveries), 2)
                self.assertEqual(self.hub_ends(callback), 202)

    def hub_ends(self, callback):
        answer = self.system.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        return answer.status

    def test_any_2xx_is_success(self):
        codes = (200, 201, 202, 204, 206)
        callbacks = [self.active(f"/{code}", answers=[code])
                     for code in codes]
        self.push_and_finish()
        self.assertEqual([len(c.deliveries) for c in callbacks],
                         [1] * len(codes))

    def test_body_of_the_answer_is_ignored(self):
        callback = self.active(answers=[Answer(200, b"x" * 3000000)])
        self.push_and_finish()
        self.assertEqual(len(callback.deliveries), 1)

    def test_always_500_becomes_a_dead_letter_and_the_subscription_stays(self):
        callback = self.active(answers=[500] * ATTEMPTS)
        self.push_and_finish()
        self.assertEqual(len(callback.deliveries), ATTEMPTS)
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(letter[b"t"].decode(), TOPIC)
        self.assertEqual(letter[b"cb"].decode(), callback.url)
        self.assertEqual(int(letter[b"n"]), ATTEMPTS)
        self.assertTrue(letter[b"why"])
        self.assertIsNotNone(self.store.record(TOPIC, callback.url))
        self.push_and_finish(b"next")
        self.assertEqual(callback.bodies()[ATTEMPTS:], [b"next"])

    def test_attempts_are_spread_with_backoff(self):
        callback = self.active(answers=[500] * ATTEMPTS)
        self.push_and_finish()
        first, second, third = [d.at for d in callback.deliveries]
        self.assertGreaterEqual(second - first, 0.025)
        self.assertGreaterEqual(third - second, 0.05)

    def test_410_ends_the_subscription(self):
        callback = self.active(answers=[410])
        witness = self.active("/witness")
        self.push_and_finish()
        self.system.wait_gone(TOPIC, callback)
        self.assertEqual(self.store.subscribers(TOPIC), 1)
        self.push_and_finish(b"next")
        self.assertEqual(callback.bodies(), [b"body"])
        self.assertEqual(witness.bodies(), [b"body", b"next"])
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.system.activate(TOPIC, callback)

    def test_redirect_is_a_failure_and_not_followed(self):
        target = self.subscriber.callback("/target")
        moved = Answer(302, headers={"Location": target.url})
        callback = self.active(answers=[moved] * ATTEMPTS)
        self.push_and_finish()
        self.assertEqual(len(callback.deliveries), ATTEMPTS)
        self.assertEqual(target.deliveries + target.verifications, [])
        self.assertEqual(len(self.store.dead_letters(TOPIC)), 1)

    def test_refused_connection_becomes_a_dead_letter(self):
        other = self.system.subscriber()
        callback = other.callback("/cb")
        self.system.activate(TOPIC, callback)
        other.close()
        self.push_and_finish()
        self.assertEqual(len(self.store.dead_letters(TOPIC)), 1)
        self.assertIsNotNone(self.store.record(TOPIC, callback.url))

    def test_retry_of_an_unsubscribed_callback_is_dropped(self):
        callback = self.active(answers=[Answer(500, gate=(gate := self.gate()))])
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries()
        self.system.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        gate.set()
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)
        self.assertEqual(self.store.events_kept(), 0)


class Cut(Retry):
    """Answers that would not have ended by the end of the test."""

    settings = {"timeout_ms": TIMEOUT_MS}

    def test_hanging_callback_is_cut(self):
        callback = self.active(answers=[Answer(200, gate=self.gate())])
        before = time.monotonic()
        self.system.push(TOPIC, b"body")
        second = callback.wait_deliveries(2)[1]
        self.assertGreaterEqual(second.at - before, TIMEOUT_MS / 1000)

    def test_callback_that_drips_its_status_is_cut(self):
        callback = self.active(answers=[Answer(200, drip="status")])
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries(2)

    def test_callback_that_drips_its_body_is_cut(self):
        # What it is counted as is open: the status has come, the body is
        # ignored.
        callback = self.active(answers=[Answer(200, drip="body")])
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries()
        self.system.wait_idle()

    def test_verification_that_hangs_is_asked_again(self):
        callback = self.active(confirm=[held(self.gate()), echo])
        self.assertGreaterEqual(len(callback.verifications), 2)


class Hanging(Retry):
    """Nothing is cut: whatever waited for the one that hangs would wait until
    the test fails."""

    settings = {"timeout_ms": LONG_MS, "drain_timeout_ms": LONG_MS}

    def test_hung_callback_delays_no_other(self):
        gate = self.gate()
        hung = self.active("/hung", answers=[Answer(200, gate=gate)])
        others = [self.active(f"/{n}") for n in range(30)]
        self.system.push(TOPIC, b"body")
        for callback in [hung, *others]:
            callback.wait_deliveries()
        gate.set()
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in [hung, *others]],
                         [1] * 31)

    def test_hung_host_delays_no_other_host(self):
        hung_host = self.system.subscriber("127.0.0.2")
        gate = self.gate()
        hung = [hung_host.callback(f"/{n}", answers=[Answer(gate=gate)] * 2)
                for n in range(40)]
        others = [self.subscriber.callback(f"/{n}") for n in range(40)]
        for callback in hung + others:
            self.system.request(TOPIC, callback)
        wait_until(lambda: self.store.subscribers(TOPIC) == 80, "all active")
        self.system.push(TOPIC, b"body")
        wait_until(lambda: any(c.deliveries for c in hung), "one hangs")
        for callback in others:
            callback.wait_deliveries()
        gate.set()
        for callback in hung:
            callback.wait_deliveries()

    def test_hanging_verification_delays_no_other(self):
        gate = self.gate()
        hung = self.subscriber.callback("/hung", confirm=[held(gate)])
        self.system.request(TOPIC, hung)
        hung.wait_verifications()
        for n in range(10):
            self.active(f"/{n}")
        self.assertIsNone(self.store.record(TOPIC, hung.url))
        gate.set()
        self.system.wait_active(TOPIC, hung)
        self.assertEqual(len(hung.verifications), 1)


class Verifications(Retry):
    def test_5xx_is_asked_again(self):
        callback = self.active(confirm=[status(503), echo])
        first, second = callback.verifications
        self.assertNotEqual(first.challenge, second.challenge)
        self.assertGreaterEqual(second.request.at - first.request.at, 1)

    def test_wrong_answer_after_a_5xx_is_final(self):
        callback = self.subscriber.callback("/cb", confirm=[status(500),
                                                            wrong])
        self.system.request(TOPIC, callback)
        self.system.wait_decided(TOPIC, callback)
        self.system.wait_idle()
        self.assertEqual(len(callback.verifications), 2)
        self.assertIsNone(self.store.record(TOPIC, callback.url))


if __name__ == "__main__":
    unittest.main()
