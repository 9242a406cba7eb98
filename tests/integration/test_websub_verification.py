"""WebSub section 5.3: what confirms a request, what does not, and what a
request that was not confirmed leaves behind."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import (echo, held, signature, status, with_newline,
                                wrong)
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
REDIRECTS = (300, 301, 302, 303, 304, 305, 307, 308)

WRONG_BODIES = {
    "newline": lambda c: c + b"\n",
    "crlf": lambda c: c + b"\r\n",
    "space-before": lambda c: b" " + c,
    "zero-byte": lambda c: c + b"\0",
    "upper-case": lambda c: c.upper(),
    "byte-order-mark": lambda c: b"\xef\xbb\xbf" + c,
    "quoted": lambda c: b'"' + c + b'"',
    "part": lambda c: c[:-1],
    "twice": lambda c: c + c,
    "empty": lambda c: b"",
    "page": lambda c: b"<html>" + c + b"</html>",
    "huge": lambda c: c + b"0" * 2000000,
}


def body(change, code=200):
    return lambda challenge: Answer(code, change(challenge))


class Verification(SystemTest):
    def setUp(self):
        self.start_system()
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", **options):
        callback = self.subscriber.callback(path)
        self.system.activate(TOPIC, callback, **options)
        return callback

    def wait_refused(self, callbacks, asked=1):
        for callback in callbacks:
            self.system.wait_decided(TOPIC, callback)
        self.system.wait_idle()
        for callback in callbacks:
            with self.subTest(callback=callback.url):
                self.assertEqual(len(callback.verifications), asked)
                self.assertIsNone(
                    self.system.store.record(TOPIC, callback.url))


class Outcomes(Verification):
    def test_every_2xx_with_the_challenge_confirms(self):
        for code in (200, 201, 202, 203, 205, 206, 207, 226, 299):
            with self.subTest(code=code):
                callback = self.subscriber.callback(f"/{code}",
                                                    confirm=[status(code)])
                self.system.activate(TOPIC, callback)
                self.assertEqual(len(callback.verifications), 1)

    def test_any_content_type_confirms(self):
        for kind in ("text/html", "application/json", "image/png"):
            with self.subTest(kind=kind):
                callback = self.subscriber.callback(
                    "/" + kind,
                    confirm=[status(200, {"Content-Type": kind})])
                self.system.activate(TOPIC, callback)

    def test_2xx_with_a_wrong_body_is_final(self):
        callbacks = []
        for name, change in WRONG_BODIES.items():
            for code in (200, 201):
                callback = self.subscriber.callback(
                    f"/{name}/{code}", confirm=[body(change, code)])
                self.system.request(TOPIC, callback)
                callbacks.append(callback)
        self.wait_refused(callbacks)

    def test_204_without_a_body_is_final(self):
        callback = self.subscriber.callback(
            "/cb", confirm=[lambda _: Answer(204)])
        self.system.request(TOPIC, callback)
        self.wait_refused([callback])

    def test_redirects_are_final_and_not_followed(self):
        target = self.subscriber.callback("/target")
        callbacks = []
        for code in REDIRECTS:
            callback = self.subscriber.callback(f"/{code}", confirm=[
                status(code, {"Location": target.url})])
            self.system.request(TOPIC, callback)
            callbacks.append(callback)
        self.wait_refused(callbacks)
        self.assertEqual(target.verifications, [])

    def test_4xx_with_the_challenge_is_final(self):
        callbacks = []
        for code in (400, 401, 403, 404, 405, 407, 410, 428):
            callback = self.subscriber.callback(f"/{code}",
                                                confirm=[status(code)])
            self.system.request(TOPIC, callback)
            callbacks.append(callback)
        self.wait_refused(callbacks)

    def test_what_fails_for_now_is_tried_a_few_times_within_a_minute(self):
        """2, 5 and 15 seconds apart."""
        failing = [self.subscriber.callback(f"/{code}",
                                            confirm=[status(code)] * 9)
                   for code in (500, 502, 503, 504, 408, 425, 429)]
        closed = self.system.subscriber()
        gone = closed.callback("/gone")
        closed.close()
        since_ms = self.system.redis.now_ms()
        for callback in failing + [gone]:
            self.system.request(TOPIC, callback)
        for delay_s in (2, 5, 15):
            self.system.wait_delayed(8, delay_s, since_ms)
            since_ms = self.system.redis.now_ms()
            self.system.make_due()
        self.wait_refused(failing, asked=4)
        for callback in failing:
            challenges = {v.challenge for v in callback.verifications}
            self.assertEqual(len(challenges), 4, "each is used once")
        self.assertIsNone(self.system.store.record(TOPIC, gone.url))

    def test_a_time_that_the_subscriber_names_is_honoured(self):
        """Up to a minute."""
        since_ms = self.system.redis.now_ms()
        for code, asked in ((429, 30), (503, 40), (408, 3600)):
            self.system.request(TOPIC, self.subscriber.callback(
                f"/{asked}",
                confirm=[status(code, {"Retry-After": str(asked)})] * 9))

        def delayed():
            due = sorted(self.system.store.delayed())
            return due if len(due) == 3 else None
        due = wait_until(delayed, "all three wait")
        now_ms = self.system.redis.now_ms()
        for at_ms, delay_s in zip(due, (30, 40, 60)):
            self.assertGreaterEqual(at_ms, since_ms + 1000 * delay_s)
            self.assertLessEqual(at_ms, now_ms + 1000 * delay_s)

    def test_failed_verification_is_no_denial(self):
        callbacks = [self.subscriber.callback("/wrong", confirm=[wrong]),
                     self.subscriber.callback("/404",
                                              confirm=[status(404)])]
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        self.wait_refused(callbacks)
        for callback in callbacks:
            self.assertEqual([v.fields["hub.mode"]
                              for v in callback.verifications], ["subscribe"])


class Challenges(Verification):
    def test_each_is_new(self):
        callbacks = [self.active(f"/{n}") for n in range(20)]
        for callback in callbacks[:10]:
            self.system.activate(TOPIC, callback)
        seen = [v.challenge for c in callbacks for v in c.verifications]
        self.assertEqual(len(seen), 30)
        self.assertEqual(len(set(seen)), 30)

    def test_one_from_before_confirms_nothing(self):
        callback = self.active(secret="old")
        before = vars(self.system.store.record(TOPIC, callback.url))
        old = callback.verifications[0].challenge
        callback.next_confirm(lambda _: Answer(200, old))
        self.system.request(TOPIC, callback, secret="new")
        self.system.wait_decided(TOPIC, callback)
        callback.next_confirm(lambda _: Answer(200, old))
        self.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_decided(TOPIC, callback, "u")
        self.assertEqual(vars(self.system.store.record(TOPIC, callback.url)),
                         before)

    def test_request_shows_no_secret_and_has_no_body(self):
        callback = self.active(secret="very-secret")
        asked = callback.verifications[0].request
        self.assertEqual(asked.body, b"")
        self.assertNotIn("very-secret", asked.target + str(asked.headers))

    def test_unsubscription_is_asked_without_a_lease(self):
        callback = self.active()
        self.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        self.assertEqual(set(callback.verifications[1].fields),
                         {"hub.mode", "hub.topic", "hub.challenge"})

    def test_answer_that_comes_after_a_newer_request_decides_nothing(self):
        gate = self.gate()
        callback = self.subscriber.callback("/cb", confirm=[held(gate)])
        self.system.request(TOPIC, callback, secret="first")
        callback.wait_verifications()
        record = self.system.activate(TOPIC, callback, secret="second")
        gate.set()
        self.system.wait_idle()
        after = self.system.store.record(TOPIC, callback.url)
        self.assertEqual(vars(after), vars(record))


class FailedRenewals(Verification):
    """A renewal or an unsubscription that fails leaves everything."""

    FAILURES = (wrong, with_newline, status(404), status(302),
                lambda _: Answer(204), status(410))

    def setUp(self):
        super().setUp()
        self.callback = self.active(secret="old", lease="7200")
        self.before = vars(self.system.store.record(TOPIC, self.callback.url))

    def let_fail(self, confirm):
        self.callback.next_confirm(confirm)
        self.system.request(TOPIC, self.callback, secret="new", lease="9000")
        self.system.wait_decided(TOPIC, self.callback)
        self.callback.next_confirm(confirm)
        self.hub.unsubscribe(TOPIC, self.callback.url)
        self.system.wait_decided(TOPIC, self.callback, "u")

    def assert_unchanged(self):
        record = self.system.store.record(TOPIC, self.callback.url)
        self.assertEqual(vars(record), self.before)
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)

    def test_every_failure_leaves_secret_and_lease(self):
        for number, confirm in enumerate(self.FAILURES):
            with self.subTest(number=number):
                self.let_fail(confirm)
                self.assert_unchanged()

    def test_failures_while_events_flow_change_no_delivery(self):
        stop = threading.Event()
        sent = []
        pusher = threading.Thread(target=self.push_until, args=(stop, sent))
        pusher.start()
        try:
            for confirm in (wrong, status(404), with_newline, status(307)):
                self.let_fail(confirm)
                count = len(sent)
                wait_until(lambda c=count: len(sent) > c + 5,
                           "events flow")
        finally:
            stop.set()
            pusher.join()
        self.system.wait_idle()
        self.assert_unchanged()
        self.assertEqual(sorted(self.callback.bodies()), sorted(sent))
        for delivery in self.callback.deliveries:
            self.assertEqual(delivery.headers["X-Hub-Signature"],
                             signature("old", delivery.body))

    def push_until(self, stop, sent):
        while not stop.is_set():
            content = b"event %d" % len(sent)
            if self.hub.push(TOPIC, content).status == 202:
                sent.append(content)

    def test_failed_renewal_may_be_repeated_and_then_counts(self):
        self.let_fail(wrong)
        self.callback.next_confirm(echo)
        record = self.system.activate(TOPIC, self.callback, secret="new",
                                      lease="9000")
        self.assertEqual(record.lease_s, 9000)
        self.system.push(TOPIC, b"1")
        delivery = self.callback.wait_deliveries()[0]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature("new", b"1"))


COUNT = 20


class BusyHost(SystemTest):
    def test_a_verification_goes_before_the_deliveries_that_wait(self):
        """One place at the host: the verification gets the next one, not the
        one after the last delivery.  All may wait for it longer than they need."""
        self.start_system(deliver_only={"per_host": 1, "timeout_ms": 60000})
        subscriber = self.system.subscriber()
        busy = subscriber.callback("/busy")
        self.system.activate(TOPIC, busy)
        busy.default = Answer(200, takes_s=0.3)
        for n in range(COUNT):
            self.system.push(TOPIC, b"%d" % n)
        busy.wait_deliveries()
        other = subscriber.callback("/other")
        self.system.request(TOPIC, other)
        other.wait_verifications()
        self.assertLess(len(busy.deliveries), COUNT)
        busy.wait_deliveries(COUNT)


if __name__ == "__main__":
    unittest.main()
