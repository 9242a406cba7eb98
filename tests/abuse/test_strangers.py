"""Strangers who subscribe and announce as fast as they can, against a hub with
its default bounds: what it does for the others meanwhile.

With WEBSUBD_SLOW=1 the attacks have the size that brought down a hub without
bounds; each prints its figures."""

import http.client
import os
import sys
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.hub import Hub
from support.silent import Silent, raise_file_limit
from support.sink import Sink
from support.system import UNBOUNDED, SystemTest
from support.wait import wait_until

SLOW = bool(os.environ.get("WEBSUBD_SLOW"))
TOPIC = "http://publisher.example/topic"
STRANGER = "127.0.0.2"
ROUNDS = 20 if SLOW else 3
REQUESTS = 8000 if SLOW else 300
TOPICS = 3000 if SLOW else 200
ROOM_BYTES = 60 << 20 if SLOW else 2 << 20  # beside what an empty Redis takes
LONG_URL = "x" * 1900
SUBSCRIBE_RATE, SUBSCRIBE_BURST = 50, 200
# What a test system has off (support/system.py).
BOUNDED = {"subscribe_rate": SUBSCRIBE_RATE, "announce_rate": 100,
           "max_pending_per_host": 100, "max_pending_per_client": 1000,
           "max_announced_per_host": 1000}


class Flood:
    """Requests of one client on one connection, in a thread of its own."""

    def __init__(self, hub, source, forms):
        self.statuses = {}
        self._hub, self._source, self._forms = hub, source, forms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.started = time.monotonic()
        self._thread.start()

    def _run(self):
        connection = http.client.HTTPConnection(
            self._hub.address, timeout=60, source_address=(self._source, 0))
        for form in self._forms:
            if self._stop.is_set():
                break
            connection.request("POST", "/", urllib.parse.urlencode(form), {
                "Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            response.read()
            count = self.statuses.get(response.status, 0)
            self.statuses[response.status] = count + 1
        connection.close()

    def wait(self):
        self._thread.join()
        return time.monotonic() - self.started

    def stop(self):
        self._stop.set()
        return self.wait()


def subscribing(urls):
    return [[("hub.mode", "subscribe"), ("hub.topic", f"{TOPIC}/{number}"),
             ("hub.callback", url)] for number, url in enumerate(urls)]


def median(times):
    return 1000 * sorted(times)[len(times) // 2]


class StrangersTest(SystemTest):
    def start(self, **options):
        """Ended at once: what hangs would keep the programs from draining."""
        raise_file_limit()
        self.start_system(**{"shards": 8, "timeout_ms": 10000, **options})
        self.addCleanup(self.end_at_once)

    def end_at_once(self):
        for program in self.system.programs:
            program.kill()

    def measure(self, act, seen):
        """How long it takes from each `act` until `seen` is true of it."""
        times = []
        for number in range(ROUNDS):
            begin = time.monotonic()
            act(number)
            wait_until(lambda: seen(number), "it has happened", 60)
            times.append(time.monotonic() - begin)
        return times

    def report(self, what, **figures):
        print(f"\n{self.id().rsplit('.', 1)[-1]}: {what}: " + ", ".join(
            f"{name} {value}" for name, value in figures.items()), flush=True)


class Subscribing(StrangersTest):
    def test_callbacks_that_hang_leave_enough_for_the_others(self):
        self.start(hub_only=BOUNDED)
        silent = Silent(REQUESTS if REQUESTS < 4000 else 4000, STRANGER)
        self.addCleanup(silent.close)
        subscriber = self.system.subscriber()
        good = subscriber.callback("/good")
        self.system.activate(TOPIC, good)
        urls = [f"{silent.urls[n % len(silent.urls)]}/{n}"
                for n in range(REQUESTS)]
        flood = Flood(self.system.hub, STRANGER, subscribing(urls))
        delivered = self.measure(
            lambda n: self.system.push(TOPIC, b"%d" % n),
            lambda n: len(good.deliveries) > n)
        callbacks = [subscriber.callback(f"/{n}") for n in range(ROUNDS)]
        verified = self.measure(
            lambda n: self.system.request(TOPIC, callbacks[n]),
            lambda n: self.system.store.record(TOPIC, callbacks[n].url))
        elapsed = flood.wait()
        taken = flood.statuses.get(202, 0)
        self.assertLessEqual(taken,
                             SUBSCRIBE_BURST + SUBSCRIBE_RATE * elapsed + 1)
        self.assertEqual(set(flood.statuses) - {202, 429}, set())
        self.report("others", delivery_ms=round(median(delivered), 1),
                    verification_ms=round(median(verified), 1),
                    slowest_ms=round(1000 * max(*delivered, *verified), 1),
                    responses=flood.statuses, seconds=round(elapsed, 1))

    def test_one_client_makes_few_requests_to_a_victim(self):
        self.start(hub_only=BOUNDED)
        victim = self.system.subscriber("127.0.0.3")
        callbacks = [victim.callback(f"/{n}") for n in range(REQUESTS)]
        flood = Flood(self.system.hub, STRANGER,
                      subscribing([c.url for c in callbacks]))
        elapsed = flood.wait()
        self.system.wait_idle(120)
        asked = sum(len(c.verifications) for c in callbacks)
        self.assertEqual(asked, flood.statuses[202])
        self.assertLessEqual(asked,
                             SUBSCRIBE_BURST + SUBSCRIBE_RATE * elapsed + 1)
        self.report("victim", requests=asked, seconds=round(elapsed, 1),
                    responses=flood.statuses)


class Filling(StrangersTest):
    """As many clients as it takes, so that only memory is in their way."""

    def test_redis_is_not_filled_by_subscriptions(self):
        self.start(hub_only={**UNBOUNDED, "max_pending": 10 ** 6})
        sink = Sink()
        self.addCleanup(sink.close)
        good = self.system.subscriber().callback("/good")
        self.system.activate(TOPIC, good)
        self.limit_memory()
        flood = Flood(self.system.hub, STRANGER, subscribing(
            f"{sink.url}/{n}?{LONG_URL}" for n in range(10 ** 6)))
        ready = wait_until(self.refuses_subscriptions,
                           "new subscriptions are refused", 120)
        self.assertEqual(ready.status, 200)
        delivered = self.measure(
            lambda n: self.system.push(TOPIC, b"%d" % n),
            lambda n: len(good.deliveries) > n)
        self.system.activate(TOPIC, good)
        flood.stop()
        self.assertEqual(set(flood.statuses), {202, 503})
        self.report("others", delivery_ms=round(median(delivered), 1),
                    responses=flood.statuses, used_percent=self.percent())

    def about(self):
        lines = self.system.redis.call("INFO", "memory").decode().split()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def limit_memory(self):
        used = int(self.about()["used_memory"])
        self.system.redis.call("CONFIG", "SET", "maxmemory",
                               used + ROOM_BYTES)

    def percent(self):
        about = self.about()
        return 100 * int(about["used_memory"]) // int(about["maxmemory"])

    def refuses_subscriptions(self):
        ready = self.system.hub.get("/readyz")
        return ready if b"new subscriptions" in ready.body else None


class Announcing(StrangersTest):
    def test_topics_of_a_host_that_hangs_leave_enough_for_the_others(self):
        self.start(hub_only={**BOUNDED, "announce_rate": 0,
                             "subscribe_rate": 0, "max_pending_per_host": 0,
                             "max_pending_per_client": 0, "verify": "off"})
        silent = Silent(1, "127.0.0.3")
        self.addCleanup(silent.close)
        subscriber = self.system.subscriber()
        topics = [f"{silent.urls[0]}/{n}" for n in range(TOPICS)]
        publisher = self.system.publisher()
        good = [publisher.topic(f"/{n}") for n in range(ROUNDS)]
        callback = subscriber.callback("/")
        for topic in [*topics, *(one.url for one in good)]:
            self.system.request(topic, callback)
        stranger = Hub(self.system.hub.address, STRANGER)
        statuses = [stranger.announce(*topics[at:at + 100]).status
                    for at in range(0, TOPICS, 100)]
        fetched = self.measure(lambda n: self.system.announce(good[n].url),
                               lambda n: good[n].fetches)
        self.report("others", fetch_ms=round(median(fetched), 1),
                    slowest_ms=round(1000 * max(fetched), 1),
                    announced=statuses.count(204) * 100)


if __name__ == "__main__":
    unittest.main()
