"""SIGTERM: what is in flight is finished, what waits is put back, exit 0.

Under the asan preset each of these also shows that nothing leaks.
"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import held
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
LONG_MS = 60000  # no wait of a test is as long


class Shutdown(SystemTest):
    def setUp(self):
        self.start_system(per_host=2)
        self.subscriber = self.system.subscriber()

    def replace(self, role, **settings):
        self.system.program(role).stop()
        return self.system.start(role, **settings)

    def test_idle_programs_wait_for_no_deadline(self):
        for role in ("hub", "spreader", "deliver"):
            with self.subTest(role=role):
                self.replace(role, drain_timeout_ms=LONG_MS,
                             timeout_ms=LONG_MS,
                             request_timeout_ms=LONG_MS).stop()

    def test_deliver_finishes_the_delivery_in_flight(self):
        gate = self.gate()
        callback = self.subscriber.callback(
            "/cb", answers=[Answer(200, gate=gate)])
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        deliver = self.system.program("deliver")
        deliver.terminate()
        gate.set()
        deliver.wait_exit(0)
        self.assertTrue(self.system.store.idle())
        self.system.start("deliver")
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)

    def test_deliver_puts_back_what_waits(self):
        gate = self.gate()
        callbacks = [self.subscriber.callback(
            f"/{n}", answers=[Answer(200, gate=gate)]) for n in range(30)]
        for callback in callbacks:
            self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        wait_until(lambda: sum(len(c.deliveries) for c in callbacks) == 2,
                   "the host is full")
        deliver = self.system.program("deliver")
        deliver.terminate()
        deliver.wait_event("draining")
        gate.set()
        deliver.wait_exit(0)
        started = sum(len(c.deliveries) for c in callbacks)
        self.assertLess(started, 30, "work was taken while draining")
        self.system.start("deliver")
        for callback in callbacks:
            callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual([len(c.deliveries) for c in callbacks], [1] * 30)

    def test_deliver_finishes_the_verification_in_flight(self):
        gate = self.gate()
        callback = self.subscriber.callback("/cb", confirm=[held(gate)])
        self.system.request(TOPIC, callback)
        callback.wait_verifications()
        deliver = self.system.program("deliver")
        deliver.terminate()
        gate.set()
        deliver.wait_exit(0)
        self.assertIsNotNone(self.system.store.record(TOPIC, callback.url))

    def test_deliver_gives_up_at_the_deadline_and_loses_nothing(self):
        gate = self.gate()
        callback = self.subscriber.callback(
            "/cb", answers=[Answer(200, gate=gate)])
        self.system.activate(TOPIC, callback)
        deliver = self.replace("deliver", drain_timeout_ms=300,
                               timeout_ms=LONG_MS)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        deliver.stop(code=2)
        self.system.store.age_claimed()
        gate.set()
        self.system.start("deliver")
        callback.wait_deliveries(2)
        self.system.wait_idle()

    def test_second_signal_ends_at_once(self):
        gate = self.gate()
        callback = self.subscriber.callback(
            "/cb", answers=[Answer(200, gate=gate)])
        self.system.activate(TOPIC, callback)
        deliver = self.replace("deliver", drain_timeout_ms=LONG_MS,
                               timeout_ms=LONG_MS)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        deliver.terminate()
        deliver.wait_event("draining")  # two at once could count as one
        deliver.terminate_again()
        deliver.wait_exit(2)

    def test_hub_ends_in_spite_of_open_connections(self):
        hub = self.replace("hub", drain_timeout_ms=LONG_MS,
                           request_timeout_ms=LONG_MS)
        idle = self.system.hub.stream(b"GET /healthz HTTP/1.1\r\n"
                                      b"Host: hub\r\n\r\n")
        self.addCleanup(idle.close)
        self.assertEqual(idle.answer().status, 200)
        silent = self.system.hub.stream()
        self.addCleanup(silent.close)
        hub.stop()

    def test_hub_answers_the_request_that_has_begun(self):
        link = self.system.hub.stream(b"GET /healthz HTTP/1.1\r\nHost: ")
        self.addCleanup(link.close)
        self.assertEqual(self.system.hub.get("/healthz").status, 200)
        hub = self.system.program("hub")
        hub.terminate()
        wait_until(lambda: not answers(self.system.hub), "it drains")
        link.send(b"hub\r\n\r\n")
        self.assertEqual(link.answer().status, 200)
        hub.wait_exit(0)

    def test_a_fetch_that_is_under_way_is_left_to_the_next_spreader(self):
        topic = self.system.publisher().topic("/feed", b"<feed/>")
        gate = self.gate()
        topic.next_answers(Answer(200, b"<feed/>", gate=gate))
        callback = self.subscriber.callback("/cb")
        self.system.activate(topic.url, callback)
        self.system.announce(topic.url)
        topic.wait_fetches()
        spreader = self.system.program("spreader")
        spreader.stop()
        gate.set()
        self.system.start("spreader")
        callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(len(topic.fetches), 2)
        self.assertEqual(callback.bodies(), [b"<feed/>"])

    def test_programs_end_while_redis_is_away(self):
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        for role in ("hub", "spreader", "deliver"):
            with self.subTest(role=role):
                self.system.program(role).stop(code=(0, 2))

    def test_programs_end_before_redis_was_ever_there(self):
        for role in ("hub", "spreader", "deliver"):
            self.system.program(role).stop()
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        for role in ("hub", "spreader", "deliver"):
            with self.subTest(role=role):
                program = self.system.start(role, wait=False)
                program.address()
                program.stop(code=(0, 2))


def answers(page):
    """Whether new connections are still accepted."""
    try:
        return page.get("/healthz").status == 200
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
