"""A job that ends its process again and again is found out, and nothing that
was merely there at the time is charged for it."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
CRASHES = 3


class Crashes(SystemTest):
    def setUp(self):
        # An entry is taken over 1.5 timeouts and 3 s after its process died.
        self.start_system(max_crashes=CRASHES, timeout_ms=400,
                          connect_timeout_ms=400, max_attempts=1000,
                          suspend_after=1000)
        self.subscriber = self.system.subscriber()
        self.store = self.system.store

    def active(self, path, **options):
        callback = self.subscriber.callback(path, **options)
        self.system.activate(TOPIC, callback)
        return callback

    def subscriber_holds(self, callback):
        callback.default = Answer(204, gate=self.gate())

    def test_a_poisonous_job_becomes_a_dead_letter(self):
        poison = self.active("/poison")
        self.subscriber_holds(poison)
        self.system.push(TOPIC, b"poison")
        for count in range(1, CRASHES + 1):
            poison.wait_deliveries(count)
            self.system.program("deliver").kill()
            self.system.start("deliver")
        wait_until(lambda: self.store.dead_letters(TOPIC), "a dead letter")
        letter, = self.store.dead_letters(TOPIC)
        self.assertIn(b"processes ended", letter[b"why"])
        self.assertEqual(letter[b"cb"].decode(), poison.url)
        self.system.wait_idle()
        self.assertEqual(len(poison.deliveries), CRASHES)
        self.assertEqual(self.crash_counts(), 0)

    def test_what_was_there_at_the_time_is_delivered(self):
        # On a host of its own, whose breaker the others' time-outs can't open.
        poison = self.system.subscriber("127.0.0.2").callback("/poison")
        self.system.activate(TOPIC, poison)
        innocents = [self.active(f"/{n}") for n in range(8)]
        for callback in [poison, *innocents]:
            self.subscriber_holds(callback)
        self.system.push(TOPIC, b"poison")
        for count in range(1, 10):
            wait_until(lambda: len(poison.deliveries) >= count or
                       self.store.dead_letters(TOPIC), "it is sent or given up")
            if self.store.dead_letters(TOPIC):
                break
            for callback in innocents:
                if count <= 2:
                    callback.wait_deliveries(count)
                else:
                    callback.default = 204
            self.system.program("deliver").kill()
            self.system.start("deliver")
        self.system.wait_idle()
        letter, = self.store.dead_letters(TOPIC)
        self.assertEqual(letter[b"cb"].decode(), poison.url)
        for callback in innocents:
            self.assertEqual(callback.deliveries[-1].answered, 204)

    def test_a_process_that_ends_in_order_is_no_crash(self):
        callback = self.active("/cb")
        callback.default = 500
        self.system.push(TOPIC, b"body")
        for count in range(1, CRASHES + 2):
            callback.wait_deliveries(count)
            deliver = self.system.program("deliver")
            deliver.terminate()
            deliver.wait_exit()
            self.system.start("deliver")
        callback.default = 204
        self.system.wait_idle()
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.assertEqual(self.crash_counts(), 0)

    def crash_counts(self):
        return self.system.redis.call("EXISTS", self.store.key(TOPIC,
                                                               "crashes"))


class Company(SystemTest):
    def test_after_two_crashes_more_and_more_go_at_a_time(self):
        self.start_system(timeout_ms=2500, connect_timeout_ms=400)
        subscriber = self.system.subscriber()
        gates, callbacks = [], []
        for n in range(7):
            callbacks.append(subscriber.callback(f"/{n}"))
            self.system.activate(TOPIC, callbacks[-1])
            gates.append(self.gate())
            callbacks[-1].default = Answer(204, gate=gates[-1])
        self.system.push(TOPIC, b"body")

        def sent(times):
            """Those that were sent so often."""
            return [n for n in range(7)
                    if len(callbacks[n].deliveries) == times]

        for times in (1, 2):
            wait_until(lambda: len(sent(times)) == 7, "all are sent")
            self.system.program("deliver").kill()
            self.system.start("deliver")
        for at_a_time in (1, 3, 7):
            wait_until(lambda: len(sent(3)) == at_a_time, "some more are sent")
            for n in sent(3):
                gates[n].set()
        self.system.wait_idle()
        self.assertEqual(len(sent(3)), 7)


if __name__ == "__main__":
    unittest.main()
