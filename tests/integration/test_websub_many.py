"""Many requests at once: one state comes out of many requests for one
subscription, and none of many subscriptions is lost."""

import random
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.sink import Sink, send_forms, subscribe_form
from support.subscriber import echo, signature, status, wrong
from support.system import LONG_TIMEOUTS, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SAME = 200
DISTINCT = 5000
DEADLINE_S = 120  # under sanitizers on a loaded machine
ROUNDS = 40
LEASE_S = 4000  # of request 0 in a round; request n asks for n more


class OneSubscription(SystemTest):
    def test_200_concurrent_requests_end_in_one_state(self):
        self.start_system(max_connections=1000, max_connections_per_client=SAME,
                          **LONG_TIMEOUTS)
        callback = self.system.subscriber().callback("/cb")
        bodies = [subscribe_form(TOPIC, callback.url) +
                  b"&hub.secret=secret%d&hub.lease_seconds=%d"
                  % (n, LEASE_S + n) for n in range(SAME)]
        statuses = send_forms(self.system.hub.address, bodies,
                              connections=SAME, window=1)
        self.assertEqual(statuses, {202: SAME})
        self.system.wait_decided(TOPIC, callback)
        self.system.wait_idle()
        record = self.system.store.record(TOPIC, callback.url)
        self.assertEqual(record.generation, SAME, "the last one decides")
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)
        deliver = self.system.program("deliver")
        wait_until(lambda: len(deliver.events("verification")) ==
                   len(callback.verifications), "every outcome is logged")
        self.assertEqual(deliver.events("verification")[-1]["effect"],
                         "applied")
        # Its lease, its secret and what its subscriber was asked are of one
        # request, and it gets one notification.
        number = record.lease_s - LEASE_S
        self.assertEqual(
            callback.verifications[-1].fields["hub.lease_seconds"],
            str(record.lease_s))
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual([d.headers["X-Hub-Signature"]
                          for d in callback.deliveries],
                         [signature(f"secret{number}", b"1")])


class ManySubscriptions(SystemTest):
    def test_5000_concurrent_requests_all_become_active(self):
        self.start_system(per_host=64, max_connections_per_client=DISTINCT,
                          **LONG_TIMEOUTS)
        sink = Sink()
        self.addCleanup(sink.close)
        started = time.monotonic()
        bodies = [subscribe_form(TOPIC, f"{sink.url}/{n}")
                  for n in range(DISTINCT)]
        statuses = send_forms(self.system.hub.address, bodies,
                              connections=DISTINCT, window=1)
        self.assertEqual(statuses, {202: DISTINCT})
        accepted = time.monotonic()
        wait_until(lambda: self.system.store.subscribers(TOPIC) == DISTINCT,
                   "all are active", DEADLINE_S)
        self.system.wait_idle(DEADLINE_S)
        self.assertEqual(sink.verified, DISTINCT)
        print(f"\n{DISTINCT} accepted over as many connections in "
              f"{accepted - started:.1f} s, verified in "
              f"{time.monotonic() - accepted:.1f} s more")
        self.system.push(TOPIC, b"event")
        self.system.wait_idle(DEADLINE_S)
        self.assertEqual(
            sink.arrived,
            {(f"/{n}", b"event"): 1 for n in range(DISTINCT)})


class Racing(SystemTest):
    """Subscribe and unsubscribe, one after the other without waiting."""

    def setUp(self):
        self.start_system()
        self.subscriber = self.system.subscriber()
        self.random = random.Random(20261121)

    def mode(self):
        return self.random.choice(("subscribe", "unsubscribe"))

    def send(self, callback, mode, number):
        answer = self.system.hub.subscribe(
            TOPIC, callback.url, mode=mode, lease=str(LEASE_S + number))
        self.assertEqual(answer.status, 202)

    def assert_state(self, callback, mode, number=None):
        """Subscribed or not, the same in every place where it is noted."""
        record = self.system.store.record(TOPIC, callback.url)
        self.assertEqual(record is not None, mode == "subscribe")
        if record is not None and number is not None:
            self.assertEqual(record.lease_s, LEASE_S + number)
        count = len(callback.deliveries)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries) - count,
                         1 if mode == "subscribe" else 0)
        for kind in "su":
            self.assertFalse(
                self.system.store.requested(TOPIC, callback.url, kind))
        if mode == "subscribe":
            self.end(callback)
        self.assertEqual(self.system.store.subscribers(TOPIC), 0)

    def end(self, callback):
        callback.next_confirm()
        self.system.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)

    def test_last_request_counts_whatever_became_of_those_before(self):
        for turn in range(ROUNDS):
            modes = [self.mode() for _ in range(self.random.randint(2, 8))]
            bad = self.random.choice((wrong, status(404)))
            with self.subTest(turn=turn, modes=modes):
                callback = self.subscriber.callback(f"/{turn}")
                last = len(modes) - 1
                self.subscriber.resources[f"/{turn}"] = self.judging(
                    callback, modes[last], last, bad)
                for number, mode in enumerate(modes):
                    self.send(callback, mode, number)
                self.system.wait_idle()
                self.subscriber.resources[f"/{turn}"] = callback
                self.assert_state(callback, modes[last], last)

    @staticmethod
    def judging(callback, mode, number, bad):
        """Confirms what the last request asks for, and refuses half of the
        others."""
        def resource(request):
            if request.method == "GET":
                lease = f"hub.lease_seconds={LEASE_S + number}"
                mine = f"hub.mode={mode}&" in request.query and (
                    mode == "unsubscribe" or lease in request.query)
                sure = mine or len(callback.verifications) % 2 == 0
                callback.next_confirm(echo if sure else bad)
            return callback(request)
        return resource

    def test_concurrent_ones_end_as_the_last_verified_says(self):
        with ThreadPoolExecutor(8) as clients:
            for turn in range(ROUNDS):
                modes = [self.mode() for _ in range(8)]
                with self.subTest(turn=turn, modes=modes):
                    callback = self.subscriber.callback(f"/{turn}")
                    self.system.activate(TOPIC, callback)
                    list(clients.map(
                        lambda pair, c=callback: self.send(c, pair[1],
                                                           pair[0]),
                        enumerate(modes)))
                    self.system.wait_idle()
                    self.wait_logged(callback)
                    self.assert_state(callback, self.last_applied(callback))

    def wait_logged(self, callback):
        """What is settled in Redis is logged a moment later."""
        wait_until(lambda: self.logged(callback) ==
                   len(callback.verifications), "every outcome is logged")

    def logged(self, callback):
        return sum(fields["callback"] == callback.url for fields in
                   self.system.program("deliver").events("verification"))

    def last_applied(self, callback):
        """The mode of the verification that deliver applied last."""
        applied = [fields["mode"] for fields in
                   self.system.program("deliver").events("verification")
                   if fields["callback"] == callback.url
                   and fields["outcome"] == "confirmed"
                   and fields["effect"] == "applied"]
        return applied[-1]


if __name__ == "__main__":
    unittest.main()
