"""A slow, dead or overwhelmed host keeps to itself."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
OTHER = "http://publisher.example/other"


class Isolation(SystemTest):
    def start(self, **settings):
        self.start_system(**{"shards": 1, "timeout_ms": 20000,
                             "connect_timeout_ms": 2000, **settings})
        self.store = self.system.store
        self.near = self.system.subscriber("127.0.0.1")
        self.far = self.system.subscriber("127.0.0.2")

    def metric(self, name, labels=""):
        return self.system.program("deliver").metric(
            "websubd_deliver_" + name, labels)

    def broken_hosts(self):
        return self.system.program("deliver").broken_hosts()

    def subscribe_many(self, server, count, **options):
        callbacks = [server.callback(f"/{n}", **options) for n in range(count)]
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        wait_until(lambda: self.store.subscribers(TOPIC) >= count,
                   "all are active")
        return callbacks

    def parked(self):
        return self.metric("jobs_total", '{outcome="parked"}')


class FullHosts(Isolation):
    def test_a_host_with_many_jobs_delays_nobody_else(self):
        self.start(per_host=4, concurrency=400, fanout_backlog=100)
        gate = self.gate()
        crowd = self.subscribe_many(self.far, 1000,
                                    answers=[Answer(204, gate=gate)])
        single = self.near.callback("/single")
        self.system.activate(OTHER, single)
        self.system.push(TOPIC, b"many")
        wait_until(lambda: self.parked() > 0, "some are parked")
        wait_until(lambda: sum(len(c.deliveries) for c in crowd) == 4,
                   "the host is full")
        for n in range(5):
            self.system.push(OTHER, f"{n}".encode())
            single.wait_deliveries(n + 1)
        self.assertEqual(sum(len(c.deliveries) for c in crowd), 4)
        gate.set()
        for callback in crowd:
            callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual({len(c.deliveries) for c in crowd}, {1})

    def test_parked_jobs_of_a_process_that_died_come_back(self):
        self.start(per_host=4, concurrency=200)
        gate = self.gate()
        crowd = self.subscribe_many(self.far, 300,
                                    answers=[Answer(204, gate=gate)])
        self.system.push(TOPIC, b"many")
        wait_until(lambda: self.parked() >= 100, "most are parked")
        self.system.program("deliver").kill()
        self.system.store.age_claimed()
        gate.set()
        self.system.start("deliver")
        for callback in crowd:
            callback.wait_deliveries()
        self.system.wait_idle()

    def test_they_can_be_ended_in_order(self):
        self.start(per_host=2, concurrency=100)
        gate = self.gate()
        crowd = self.subscribe_many(self.far, 500,
                                    answers=[Answer(204, gate=gate)])
        self.system.push(TOPIC, b"many")
        wait_until(lambda: self.parked() > 0, "some are parked")
        gate.set()
        deliver = self.system.program("deliver")
        deliver.terminate()
        deliver.wait_exit()
        self.system.start("deliver")
        for callback in crowd:
            callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual({len(c.deliveries) for c in crowd}, {1})


class Connections(Isolation):
    def test_with_http2_nobody_waits_for_a_neighbours_answer(self):
        """Which a host that is new might: to learn what the server can do."""
        self.start(http2="yes")
        gate = self.gate()
        crowd = self.subscribe_many(self.far, 8,
                                    answers=[Answer(204, gate=gate)])
        self.far.hang_up()
        self.system.push(TOPIC, b"body")
        for callback in crowd:
            callback.wait_deliveries()
        gate.set()
        self.system.wait_idle()


class Breakers(Isolation):
    def test_a_dead_host_is_left_alone_and_found_again(self):
        self.start(max_attempts=50, retry_base_ms=50, retry_cap_ms=200,
                   suspend_after=1000)
        crowd = self.subscribe_many(self.far, 50)
        for callback in crowd:
            callback.default = Answer(503)
        self.system.push(TOPIC, b"body")
        wait_until(lambda: self.broken_hosts() == 1, "it is open")
        deliver = self.system.program("deliver")
        self.assertEqual(deliver.wait_event("host-down")["host"], self.far.url)
        for callback in crowd:
            callback.default = 204
        for callback in crowd:
            wait_until(lambda: callback.deliveries and
                       callback.deliveries[-1].answered == 204,
                       "it is delivered")
        self.system.wait_idle()
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        # Each would have been tried again and again in the second that it
        # was open.
        self.assertLess(sum(len(c.deliveries) for c in crowd), 3 * 50)

    def test_an_open_breaker_spends_no_attempts(self):
        self.start(max_attempts=3, retry_base_ms=20, retry_cap_ms=50,
                   suspend_after=1000)
        crowd = self.subscribe_many(self.far, 40)
        for callback in crowd:
            callback.default = 503
        self.system.push(TOPIC, b"body")
        wait_until(lambda: self.broken_hosts() == 1, "it is open")
        for callback in crowd:
            callback.default = 204
        self.system.wait_idle()
        lost = len(self.store.dead_letters(TOPIC))
        self.assertLess(lost, 10)  # only who was tried three times before
        self.assertEqual(sum(c.deliveries[-1].answered == 204
                             for c in crowd if c.deliveries), 40 - lost)


class Pushback(Isolation):
    def test_429_makes_fewer_at_once_and_loses_nothing(self):
        self.start(per_host=16, max_attempts=50, retry_base_ms=50,
                   retry_cap_ms=200)
        crowd = self.subscribe_many(self.far, 100, answers=[429, 429])
        self.system.push(TOPIC, b"body")
        for callback in crowd:
            callback.wait_deliveries(3)
        self.system.wait_idle()
        self.assertEqual({len(c.deliveries) for c in crowd}, {3})


class Suspensions(Isolation):
    def test_one_bad_callback_of_a_host_does_not_suspend_its_neighbours(self):
        self.start(suspend_after=3, max_attempts=100, retry_base_ms=20,
                   retry_cap_ms=100)
        bad, good = self.far.callback("/bad"), self.far.callback("/good")
        for callback in (bad, good):
            self.system.activate(TOPIC, callback)
        bad.default = 500
        for n in range(20):
            self.system.push(TOPIC, f"{n}".encode())
        good.wait_deliveries(20)
        suspended = wait_until(lambda: self.system.redis.call(
            "ZRANGE", self.store.key(TOPIC, "suspended"), 0, -1),
            "one is suspended")
        self.assertEqual(suspended,
                         [f"{digest(TOPIC)}:{digest(bad.url)}".encode()])
        bad.default = 204
        wait_until(lambda: {d.body for d in bad.deliveries
                            if d.answered == 204} ==
                   {f"{n}".encode() for n in range(20)}, "it got everything")
        self.system.wait_idle()


if __name__ == "__main__":
    unittest.main()
