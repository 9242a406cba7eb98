"""A callback suffers from no other callback of its host."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import held
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
OTHER = "http://publisher.example/other"
EVENTS = 40


class Neighbours(SystemTest):
    """Attempts take longer than the tests wait: what arrives has waited for
    none that hangs."""

    def start(self, **settings):
        self.start_system(**{"timeout_ms": 120000, "shards": 2, **settings})
        self.store = self.system.store
        self.server = self.system.subscriber()
        self.stuck = self.gate()

    def crowd(self, count, topic=TOPIC):
        callbacks = [self.server.callback(f"/{count}/{n}")
                     for n in range(count)]
        expected = self.store.subscribers(topic) + count
        for callback in callbacks:
            self.system.request(topic, callback)
        wait_until(lambda: self.store.subscribers(topic) == expected,
                   "all are active")
        return callbacks

    def bad(self, path, answer, topic=TOPIC):
        callback = self.server.callback(path)
        self.system.activate(topic, callback)
        callback.default = answer
        return callback

    def in_flight(self, callback):
        return len(callback.deliveries)


class Deliveries(Neighbours):
    def check_healthy(self, healthy, events=EVENTS):
        for n in range(events):
            self.system.push(TOPIC, b"%d" % n)
        for callback in healthy:
            callback.wait_deliveries(events)
        for callback in healthy:
            self.assertEqual(len(set(callback.bodies())), events)

    def test_twenty_don_t_suffer_from_three_that_hang_drip_and_fail(self):
        self.start()
        healthy = self.crowd(20)
        self.bad("/hangs", Answer(204, gate=self.stuck))
        self.bad("/drips", Answer(200, drip="status"))
        self.bad("/fails", 500)
        self.check_healthy(healthy)

    def test_nor_from_connections_that_are_cut(self):
        self.start()
        healthy = self.crowd(20)
        for n in range(3):
            self.bad(f"/cuts/{n}", Answer(hang_up=True))
        self.check_healthy(healthy)

    def test_nor_from_one_that_is_slow_but_responds_well(self):
        self.start()
        healthy = self.crowd(20)
        self.bad("/slow", Answer(204, takes_s=20))
        self.check_healthy(healthy)

    def test_a_thousand_don_t_suffer_from_one(self):
        self.start(concurrency=512)
        healthy = self.crowd(1000)
        self.bad("/hangs", Answer(204, gate=self.stuck))
        self.check_healthy(healthy, 6)

    def test_one_with_many_topics_has_few_requests_in_flight(self):
        self.start(per_callback=3)
        callback = self.server.callback("/many")
        for n in range(30):
            self.system.request(f"{OTHER}/{n}", callback)
        wait_until(lambda: sum(self.store.subscribers(f"{OTHER}/{n}")
                               for n in range(30)) == 30, "all are active")
        callback.default = Answer(204, gate=self.stuck)
        healthy = self.crowd(1)
        for n in range(30):
            self.system.push(f"{OTHER}/{n}", b"body")
        self.check_healthy(healthy)
        self.assertEqual(self.in_flight(callback), 3)
        self.stuck.set()
        callback.wait_deliveries(30)
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 30)

    def test_one_that_failed_gets_one_request_at_a_time(self):
        self.start(retry_base_ms=20, retry_cap_ms=50, max_attempts=100)
        callback = self.bad("/fails", 204)
        callback.next_answers(500)
        self.system.push(TOPIC, b"first")
        callback.wait_deliveries(1)
        callback.default = Answer(204, gate=self.stuck)
        callback.wait_deliveries(2)
        healthy = self.crowd(1)
        self.check_healthy(healthy)
        self.assertEqual(self.in_flight(callback), 2)
        self.stuck.set()
        callback.wait_deliveries(2 + EVENTS)


class Verifications(Neighbours):
    def test_they_don_t_suffer_from_those_that_hang(self):
        self.start()
        for n in range(30):
            callback = self.server.callback(f"/hangs/{n}")
            callback.next_confirm(held(self.stuck))
            self.system.request(TOPIC, callback)
        self.crowd(20)

    def test_nor_do_deliveries(self):
        self.start()
        healthy, = self.crowd(1)
        for n in range(30):
            callback = self.server.callback(f"/hangs/{n}")
            callback.next_confirm(held(self.stuck))
            self.system.request(TOPIC, callback)
            callback.wait_verifications()
        for n in range(EVENTS):
            self.system.push(TOPIC, b"%d" % n)
        healthy.wait_deliveries(EVENTS)

    def test_nor_from_deliveries_that_hang(self):
        self.start()
        for n in range(10):
            self.bad(f"/hangs/{n}", Answer(204, gate=self.stuck), OTHER)
        for n in range(10):
            self.system.push(OTHER, b"%d" % n)
        self.crowd(20)


class NamedTimes(Neighbours):
    """A server that says when to come again (RFC 9110 section 10.2.3)."""

    ASKS = {"Retry-After": "3600"}

    def check_closed(self, asking, code):
        self.start(max_attempts=4, suspend_after=3)
        healthy, = self.crowd(1)
        callback = self.bad("/asks", Answer(code, headers=self.ASKS))
        self.system.push(TOPIC, b"first")
        callback.wait_deliveries(1)
        self.wait_waiting(1)
        for n in range(41):
            self.system.push(TOPIC, b"%d" % n)
        healthy.wait_deliveries(42)
        waiting = self.wait_waiting(42)
        self.assertEqual(len(callback.deliveries), 1)
        self.assertEqual(sorted(int(member.split()[3]) for member in waiting),
                         [0] * 41 + [1])
        self.assertEqual(self.store.record(TOPIC, callback.url).flags, "-")

    def wait_waiting(self, count):
        def waiting():
            found = [member.decode() for base in self.store.bases()
                     for member in self.system.redis.call(
                         "ZRANGE", base + "retry", 0, -1)
                     if member.startswith(b"d ")]
            return found if len(found) == count else None
        return wait_until(waiting, f"{count} jobs wait")

    def test_429_closes_the_callback_at_no_cost_in_attempts(self):
        self.check_closed(self.ASKS, 429)

    def test_503_with_retry_after_does_too(self):
        self.check_closed(self.ASKS, 503)

    def test_several_that_ask_close_their_host(self):
        self.start()
        healthy, = self.crowd(1, OTHER)
        asking = [self.bad(f"/asks/{n}", Answer(429, headers=self.ASKS))
                  for n in range(3)]
        self.system.push(TOPIC, b"body")
        for callback in asking:
            callback.wait_deliveries(1)
        self.wait_waiting(3)
        self.system.push(OTHER, b"body")
        self.wait_waiting(4)
        self.assertEqual(healthy.deliveries, [])

    def test_one_that_asks_again_and_again_does_not(self):
        self.start(retry_base_ms=20, retry_cap_ms=100, max_attempts=100)
        healthy, = self.crowd(1, OTHER)
        callback = self.bad("/asks", Answer(429, headers=self.ASKS))
        self.system.push(TOPIC, b"body")
        callback.wait_deliveries(5)
        self.system.push(OTHER, b"body")
        healthy.wait_deliveries(1)


if __name__ == "__main__":
    unittest.main()
