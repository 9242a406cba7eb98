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


class CrashTest(SystemTest):
    def start(self, **settings):
        # What a subscriber holds is in flight for as long as a test takes.
        self.start_system(timeout_ms=60000, **settings)
        self.subscriber = self.system.subscriber()
        self.store = self.system.store

    def crash(self):
        """deliver ends, and another one takes over what it held."""
        self.system.program("deliver").kill()
        self.store.age_claimed()
        self.system.start("deliver")


class Crashes(CrashTest):
    def setUp(self):
        self.start(max_crashes=CRASHES, max_attempts=1000, suspend_after=1000)

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
            self.crash()
        wait_until(lambda: self.store.dead_letters(TOPIC), "a dead letter")
        letter, = self.store.dead_letters(TOPIC)
        self.assertIn(b"processes ended", letter[b"why"])
        self.assertEqual(letter[b"cb"].decode(), poison.url)
        self.system.wait_idle()
        self.assertEqual(len(poison.deliveries), CRASHES)
        self.assertEqual(self.crash_counts(), 0)

    def test_what_was_there_at_the_time_is_delivered(self):
        # On a host of its own, so that it never waits for the others' places.
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
            if count <= 2:
                for callback in innocents:
                    callback.wait_deliveries(count)
            if count == 2:  # from now on the first one goes alone
                for callback in innocents:
                    callback.default = 204
            self.crash()
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


class Company(CrashTest):
    def test_after_two_crashes_more_and_more_go_at_a_time(self):
        self.start()
        gates, callbacks = [], []
        for n in range(7):
            callbacks.append(self.subscriber.callback(f"/{n}"))
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
            self.crash()
        for at_a_time in (1, 3, 7):
            wait_until(lambda: len(sent(3)) == at_a_time, "some more are sent")
            for n in sent(3):
                gates[n].set()
        self.system.wait_idle()
        self.assertEqual(len(sent(3)), 7)


if __name__ == "__main__":
    unittest.main()
