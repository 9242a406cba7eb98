"""Leases (WebSub sections 5.1 and 5.3): when they begin, when they end, and
that nothing is lost or sent beyond.  Redis' clock is the one that counts."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.redis import Client
from support.subscriber import echo, held, status
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
HELD = "http://publisher.example/held"
SHORT_S = 4  # so much can be done before its end, however slowly
LONG_S = 3600
LATE_MS = 1000


class Leases(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(lease_min_s=1, lease_default_s=SHORT_S,
                          lease_max_s=LONG_S, timeout_ms=30000,
                          drain_timeout_ms=30000,
                          **self.settings)
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", lease=SHORT_S, **script):
        callback = self.subscriber.callback(path, **script)
        self.system.activate(TOPIC, callback, lease=str(lease))
        return callback

    def now_ms(self):
        seconds, micros = self.system.redis.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def record(self, callback):
        return self.system.store.record(TOPIC, callback.url)

    def wait_time(self, at_ms):
        wait_until(lambda: self.now_ms() >= at_ms, "that time has come")

    def wait_end(self, callback):
        """Waits for the end of the lease that the callback has now, by the time
        of Redis as the programs know it: late by as long as its reply took."""
        self.wait_time(self.record(callback).expires_s * 1000 + LATE_MS)


class Granted(Leases):
    def test_any_number_is_moved_into_the_range(self):
        for asked, granted in (("1", 1), ("0001", 1), ("3600", 3600),
                               ("3601", 3600), ("4294967296", 3600),
                               ("18446744073709551617", 3600),
                               ("9" * 300, 3600), (None, SHORT_S)):
            with self.subTest(asked=asked):
                callback = self.subscriber.callback("/cb")
                self.system.request(TOPIC, callback, lease=asked)
                seen = callback.wait_verifications()[0]
                self.assertEqual(seen.fields["hub.lease_seconds"],
                                 str(granted))
                self.system.wait_decided(TOPIC, callback)

    def test_bad_ones_are_refused(self):
        for asked in ("0", "-5", "1.5", "many"):
            with self.subTest(asked=asked):
                callback = self.subscriber.callback("/cb")
                answer = self.hub.subscribe(TOPIC, callback.url, lease=asked)
                self.assertEqual(answer.status, 400)
                self.assertFalse(
                    self.system.store.requested(TOPIC, callback.url))

    def test_it_counts_from_the_verification_request(self):
        asked_ms = []
        gate = self.gate()
        callback = self.subscriber.callback(
            "/cb", confirm=[self.noting(asked_ms, held(gate))])
        self.system.request(TOPIC, callback, lease="100")
        callback.wait_verifications()
        wait_until(lambda: asked_ms, "it is asked")
        self.wait_time(asked_ms[0] + 2100)
        gate.set()
        record = self.system.wait_active(TOPIC, callback)
        self.assertLessEqual(record.expires_s, asked_ms[0] // 1000 + 100)
        self.assertEqual(record.lease_s, 100)

    def test_of_several_attempts_it_counts_from_the_one_that_succeeds(self):
        asked_ms = []
        callback = self.subscriber.callback("/cb", confirm=[
            status(500), self.noting(asked_ms, echo)])
        before_ms = self.now_ms()
        self.system.request(TOPIC, callback, lease="100")
        record = self.system.wait_active(TOPIC, callback)
        self.assertLessEqual(record.expires_s, asked_ms[0] // 1000 + 100)
        self.assertGreater(record.expires_s, before_ms // 1000 + 100)

    def noting(self, times, confirm):
        """Notes Redis' time when the challenge arrives."""
        def noted(challenge):
            client = Client(self.system.redis.socket_path)
            seconds, micros = client.call("TIME")
            client.close()
            times.append(int(seconds) * 1000 + int(micros) // 1000)
            return confirm(challenge)
        return noted


class Ended(Leases):
    settings = {"per_host": 1}

    def test_subscription_is_gone_and_nothing_arrives(self):
        callback, witness = self.active(), self.active("/witness", LONG_S)
        self.system.push(TOPIC, b"before")
        callback.wait_deliveries()
        self.wait_end(callback)
        self.system.push(TOPIC, b"after")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"before"])
        self.assertEqual(witness.bodies(), [b"before", b"after"])
        self.system.wait_gone(TOPIC, callback)
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)

    def test_job_that_waited_for_its_host_is_not_sent(self):
        gate = self.gate()
        holder = self.subscriber.callback("/holder",
                                          answers=[Answer(gate=gate)])
        self.system.activate(HELD, holder, lease=str(LONG_S))
        callback = self.active()
        self.system.push(HELD, b"takes the host's only place")
        holder.wait_deliveries()
        self.system.push(TOPIC, b"queued")
        self.wait_end(callback)
        gate.set()
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_event_that_waited_for_a_spreader_is_not_sent(self):
        callback = self.active()
        self.system.program("spreader").stop()
        self.system.push(TOPIC, b"logged in time")
        self.wait_end(callback)
        self.system.start("spreader")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def test_job_that_waited_for_a_deliver_is_not_sent(self):
        callback = self.active()
        self.system.program("deliver").stop()
        self.system.push(TOPIC, b"posted in time")
        self.wait_end(callback)
        self.system.start("deliver")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def test_subscribing_after_the_end_starts_anew(self):
        callback = self.active()
        self.wait_end(callback)
        self.system.push(TOPIC, b"missed")
        self.system.wait_idle()
        self.system.wait_gone(TOPIC, callback)
        self.system.activate(TOPIC, callback, lease=str(LONG_S))
        self.system.push(TOPIC, b"anew")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"anew"])


class Retried(Leases):
    # At least half of it passes, which is longer than the lease.
    settings = {"retry_base_ms": 2000 * SHORT_S,
                "retry_cap_ms": 2000 * SHORT_S}

    def test_retry_that_comes_due_after_the_end_is_not_sent(self):
        callback = self.active(answers=[500])
        self.system.push(TOPIC, b"fails in time")
        callback.wait_deliveries()
        self.wait_end(callback)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)
        self.assertEqual(self.system.store.events_kept(), 0)


class Renewed(Leases):
    def push_until(self, at_ms):
        """Publishes one event after the other until that time."""
        sent = []
        while self.now_ms() < at_ms:
            sent.append(b"%d" % len(sent))
            self.system.push(TOPIC, sent[-1])
        return sent

    def test_before_the_end_there_is_no_gap(self):
        callback = self.active()
        old = self.record(callback)
        self.system.request(TOPIC, callback, lease=str(LONG_S))
        sent = self.push_until(old.expires_s * 1000 + 1500)
        self.system.wait_idle()
        self.assertEqual(sorted(callback.bodies()), sorted(sent))
        self.assertEqual(self.record(callback).lease_s, LONG_S)
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)

    def test_shorter_lease_counts_too(self):
        callback = self.active(lease=LONG_S)
        self.system.activate(TOPIC, callback, lease=str(SHORT_S))
        self.wait_end(callback)
        self.system.push(TOPIC, b"after")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def test_while_it_is_pending_the_old_lease_counts_to_its_end(self):
        callback, witness = self.active(), self.active("/witness", LONG_S)
        old = self.record(callback)
        gate = self.gate()
        callback.next_confirm(held(gate))
        self.system.request(TOPIC, callback, lease=str(LONG_S))
        callback.wait_verifications(2)
        self.system.push(TOPIC, b"before")
        callback.wait_deliveries()
        self.wait_time(old.expires_s * 1000)
        self.system.push(TOPIC, b"between")
        witness.wait_deliveries(2)
        wait_until(lambda: self.system.store.events_kept() == 0,
                   "every job of the event is settled")
        gate.set()
        self.system.wait_active(TOPIC, callback)
        self.system.wait_idle()
        self.system.push(TOPIC, b"after")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"before", b"after"])

    def test_failed_one_does_not_move_the_end(self):
        callback = self.active()
        old = self.record(callback)
        callback.next_confirm(status(404))
        self.system.request(TOPIC, callback, lease=str(LONG_S))
        self.system.wait_decided(TOPIC, callback)
        self.assertEqual(vars(self.record(callback)), vars(old))
        self.wait_time(old.expires_s * 1000)
        self.system.push(TOPIC, b"after")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])


if __name__ == "__main__":
    unittest.main()
