"""When an attempt is made again, and when no more."""

import email.utils
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.attempt_log import Error
from support.dns import Dns
from support.httpd import Answer
from support.subscriber import Subscriber
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Policy(SystemTest):
    def start(self, **settings):
        self.start_system(**{"max_attempts": 3, **settings})
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def push_and_finish(self, body=b"body"):
        self.system.push(TOPIC, body)
        self.system.wait_idle()

    def metric(self, outcome):
        return self.system.program("deliver").metric(
            "websubd_deliver_jobs_total", f'{{outcome="{outcome}"}}')


class RetryAfter(Policy):
    def pause(self, status, value):
        """Seconds between a failure that says when to come again and the
        next attempt, with a backoff of 50 ms."""
        callback = self.active(answers=[
            Answer(status, headers={"Retry-After": value})])
        self.push_and_finish()
        first, second = callback.deliveries
        return second.at - first.at

    def test_seconds_of_503(self):
        self.start(retry_cap_ms=60000)
        self.assertGreaterEqual(self.pause(503, "1"), 1)

    def test_seconds_of_429(self):
        self.start(retry_cap_ms=60000)
        self.assertGreaterEqual(self.pause(429, "1"), 1)

    def test_seconds_of_any_failure(self):
        self.start(retry_cap_ms=60000)
        self.assertGreaterEqual(self.pause(404, "1"), 1)

    def test_a_date(self):
        self.start(retry_cap_ms=60000)
        date = email.utils.formatdate(time.time() + 3, usegmt=True)
        self.assertGreaterEqual(self.pause(503, date), 1)

    def test_it_is_no_longer_than_the_cap(self):
        self.start(retry_cap_ms=200)
        self.pause(503, "86400")  # wait_idle() would not last a day

    def test_nonsense_is_ignored(self):
        self.start(retry_cap_ms=200)
        for value in ("soon", "-1", "1e9", ""):
            with self.subTest(value=value):
                self.pause(503, value)


class Ends(Policy):
    def test_attempts_end_at_the_deadline(self):
        self.start(max_attempts=1000, delivery_deadline_s=1,
                   suspend_after=1000)
        callback = self.active()
        callback.default = 500
        self.push_and_finish()
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(int(letter[b"n"]), len(callback.deliveries))

    def test_no_attempt_is_made_after_the_deadline(self):
        """The first one lasts until then."""
        self.start(max_attempts=1000, delivery_deadline_s=5,
                   suspend_after=1000, timeout_ms=60000)
        gate = self.gate()
        callback = self.active(answers=[Answer(500, gate=gate)])
        callback.default = 500
        answer = self.system.push(TOPIC, b"body")
        event_ms = int(answer.headers["Location"].split("-")[1])
        callback.wait_deliveries()
        wait_until(lambda: self.now_ms() > event_ms + 5000, "it is over")
        gate.set()
        self.system.wait_idle()
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(int(letter[b"n"]), 1)
        self.assertEqual(len(callback.deliveries), 1)

    def now_ms(self):
        seconds, micros = self.system.redis.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def test_every_kind_of_failure_is_tried_again(self):
        self.start(max_attempts=2)
        closed = self.system.subscriber()
        callback = closed.callback("/cb")
        self.system.activate(TOPIC, callback)
        closed.close()
        self.push_and_finish()
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(int(letter[b"n"]), 2)


class NoAnswer(Policy):
    """Whatever keeps an answer from coming is tried again like a 5xx."""

    def attempts(self, url, **settings):
        """How often a callback is tried, and what kept it from answering."""
        self.start(max_attempts=3, verify="off", **settings)
        answer = self.system.hub.subscribe(TOPIC, url)
        self.assertEqual(answer.status, 202)
        self.push_and_finish()
        letter, = self.store.dead_letters(TOPIC)
        wait_until(lambda: self.store.attempt_log(TOPIC, url),
                   "the log is written")
        log = self.store.attempt_log(TOPIC, url)
        return int(letter[b"n"]), {one.error for one in log.attempts}

    def test_a_name_that_does_not_exist(self):
        dns = Dns()
        self.addCleanup(dns.close)
        self.assertEqual(self.attempts("http://nowhere.test/cb",
                                       dns_servers=dns.address), (3, {Error.DNS}))

    def test_a_server_that_speaks_no_tls(self):
        plain = Subscriber()
        self.addCleanup(plain.close)
        url = plain.url.replace("http:", "https:") + "/cb"
        self.assertEqual(self.attempts(url), (3, {Error.TLS}))

    def test_a_server_that_does_not_answer(self):
        silent = Subscriber()
        self.addCleanup(silent.close)
        callback = silent.callback("/cb")
        callback.default = Answer(204, gate=self.gate())
        self.assertEqual(self.attempts(callback.url, timeout_ms=200,
                                       connect_timeout_ms=200),
                         (3, {Error.TIMEOUT}))

    def test_a_server_that_hangs_up(self):
        server = Subscriber()
        self.addCleanup(server.close)
        callback = server.callback("/cb")
        callback.default = Answer(hang_up=True)
        self.assertEqual(self.attempts(callback.url), (3, {Error.BROKEN}))


class KeptConnections(Policy):
    def test_one_that_turns_out_closed_is_made_anew_at_once(self):
        self.start(retry_base_ms=30000, retry_cap_ms=30000)
        callback = self.active(answers=[204, Answer(hang_up=True), 204])
        self.push_and_finish(b"first")
        self.push_and_finish(b"second")
        self.assertEqual(callback.bodies(), [b"first", b"second", b"second"])
        self.assertEqual(self.metric("retry"), 0)
        self.assertEqual(self.metric("delivered"), 2)

    def test_a_new_one_that_is_closed_is_a_failure(self):
        self.start()
        callback = self.active()
        self.subscriber.hang_up()  # the connection that verified
        callback.next_answers(Answer(hang_up=True), 204)
        self.push_and_finish()
        self.assertEqual(self.metric("delivered"), 1)
        self.assertEqual(len(callback.deliveries), 2)


class Rate(Policy):
    def test_a_host_gets_no_more_than_its_rate(self):
        self.start(per_host_rate=20)
        callbacks = [self.active(f"/{n}") for n in range(30)]
        before = time.monotonic()
        self.push_and_finish()
        last = max(c.wait_deliveries()[0].at for c in callbacks)
        # A burst of a tenth of a second at most, then 20 a second.
        self.assertGreaterEqual(last - before, (30 - 3) / 20 - 0.1)


class AttemptLog(Policy):
    def test_the_last_attempts_and_totals_are_kept(self):
        self.start(max_attempts=20, suspend_after=100, retry_cap_ms=50)
        callback = self.active(answers=[500] * 9 + [204])
        self.push_and_finish(b"12345")

        def log():
            return self.store.attempt_log(TOPIC, callback.url)

        wait_until(lambda: log() and log().delivered, "the log is written")
        self.assertEqual(log()[:3], (1, 9, 50))
        self.assertEqual([one.status for one in log().attempts],
                         [204] + [500] * 7)
        last = log().attempts[0]
        self.assertLess(abs(last.at_ms / 1000 - time.time()), 60)
        self.assertLess(last.duration_ms, 60000)
        self.assertEqual((last.bytes, last.error), (5, Error.WELL))

    def test_a_failure_without_an_answer_has_its_reason(self):
        self.start(max_attempts=1)
        closed = self.system.subscriber()
        callback = closed.callback("/cb")
        self.system.activate(TOPIC, callback)
        closed.close()
        self.push_and_finish()
        wait_until(lambda: self.store.attempt_log(TOPIC, callback.url),
                   "the log is written")
        last, = self.store.attempt_log(TOPIC, callback.url).attempts
        self.assertEqual((last.status, last.error), (0, Error.CONNECT))


if __name__ == "__main__":
    unittest.main()
