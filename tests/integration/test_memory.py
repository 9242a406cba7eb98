"""Redis near its memory limit: content is refused in time, all else goes on,
and nothing that was accepted is lost.  (That Redis must not evict is shown by
test_config_cli.py and test_redis_link.py.)"""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
BODY_BYTES = 200000
ROOM_BYTES = 32 << 20  # beside what an empty Redis takes
EVENTS = 100           # enough that connections' buffers don't count
BEGIN = 85             # percent
END = 83
SUBSCRIPTIONS_END = 73


class MemoryTest(SystemTest):
    def about(self):
        """INFO memory as a dict."""
        lines = self.system.redis.call("INFO", "memory").decode().split()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def percent(self):
        about = self.about()
        return 100 * int(about["used_memory"]) / int(about["maxmemory"])

    def limit_memory(self):
        used = int(self.about()["used_memory"])
        self.system.redis.call("CONFIG", "SET", "maxmemory",
                               used + ROOM_BYTES)

    def set_used(self, percent):
        """Sets maxmemory so that this much of it is used."""
        def is_set():
            used = int(self.about()["used_memory"])
            self.system.redis.call("CONFIG", "SET", "maxmemory",
                                   int(used * 100 / percent))
            return abs(self.percent() - percent) < 0.1
        wait_until(is_set, f"{percent}% is used")

    def metric(self, name):
        return self.system.program("hub").metric(name)

    def is_high(self):
        return self.metric("websubd_hub_memory_high_shards") > 0

    def is_filling(self):
        return self.metric("websubd_hub_memory_filling_shards") > 0

    def limited(self, reason):
        return self.metric(
            'websubd_hub_limited_total{reason="%s"}' % reason)

    def fill(self):
        """Pushes until the hub knows that the limit is passed, and stays so
        once nothing is on its way through Redis' buffers any more; returns
        the accepted bodies."""
        sent = []

        def is_full():
            while self.percent() < BEGIN + 1:
                body = b"%d " % len(sent) + b"x" * BODY_BYTES
                if self.system.hub.push(TOPIC, body).status != 202:
                    break
                sent.append(body)
            return (self.system.store.idle() and self.percent() >= END
                    and self.is_high())
        wait_until(is_full, "the hub knows")
        return sent

    def assert_short_of_memory(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(answer.headers["Retry-After"], "5")
        self.assertIn(b"short of memory", answer.body)


class Filled(MemoryTest):
    """Memory filled by real pushes, made free by the sweep."""

    def setUp(self):
        self.start_system(spreader_only={"retention_s": 3600},
                          admin_token="admin", lease_min_s=3000,
                          lease_default_s=9000)
        self.subscriber = self.system.subscriber()
        self.callback = self.subscriber.callback("/cb")
        self.second = self.subscriber.callback("/second")
        for callback in (self.callback, self.second):
            self.system.activate(TOPIC, callback)
        self.limit_memory()

    def test_content_waits_until_there_is_room_and_all_else_goes_on(self):
        sent = self.fill()
        hub = self.system.hub
        self.assert_short_of_memory(hub.push(TOPIC, b"refused"))
        self.assert_short_of_memory(hub.announce(TOPIC))
        other = self.subscriber.callback("/other")
        self.assert_takes_no_subscription(hub.subscribe(TOPIC, other.url))
        self.assertEqual(self.system.activate(TOPIC, self.callback).lease_s,
                         3000)
        hub.unsubscribe(TOPIC, self.second.url)
        self.system.wait_gone(TOPIC, self.second)
        self.assertEqual(hub.deny("http://publisher.example/else",
                                  token="admin").status, 200)
        self.callback.wait_deliveries(len(sent))
        self.system.wait_idle()
        self.sweep_everything()
        self.system.push(TOPIC, b"after")
        self.callback.wait_deliveries(len(sent) + 1)
        self.system.wait_idle()
        self.assertEqual(sorted(self.callback.bodies()),
                         sorted(sent + [b"after"]))
        self.assertEqual(self.system.store.events_kept(), 0)

    def assert_takes_no_subscription(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertIn("Retry-After", answer.headers)
        self.assertIn(b"no new subscriptions", answer.body)

    def sweep_everything(self):
        """A spreader with a short retention makes room."""
        self.system.program("spreader").stop()
        self.system.start("spreader", retention_s=1)
        wait_until(lambda: not self.is_high(), "there is room again")
        self.assertLess(self.percent(), END)

    def test_it_is_logged_once_when_it_begins_and_ends(self):
        self.fill()
        refused = self.limited("memory_content")
        for _ in range(3):
            self.system.hub.push(TOPIC, b"refused")
        program = self.system.program("hub")
        begin = wait_until(lambda: [
            line for line in program.events("redis-memory-high")
            if "pushes" in line["effect"]], "it is logged")[0]
        self.assertGreaterEqual(int(begin["used_bytes"]) * 100,
                                int(begin["maxmemory_bytes"]) * BEGIN)
        self.system.wait_idle()
        self.sweep_everything()
        end = program.wait_event("redis-memory-normal")
        self.assertLess(int(end["used_bytes"]) * 100,
                        int(end["maxmemory_bytes"]) * SUBSCRIPTIONS_END)
        effects = [line["effect"]
                   for line in program.events("redis-memory-high")]
        self.assertEqual(len(effects), len(set(effects)))
        self.assertEqual(len(program.events("redis-memory-normal")), 1)
        self.assertEqual(self.limited("memory_content"), refused + 3)


class Limits(MemoryTest):
    """Only the hub runs, and maxmemory is moved."""

    def setUp(self):
        self.start_system(roles=("hub",))
        for _ in range(EVENTS):
            self.system.push(TOPIC, b"x" * 500000)

    def wait_high(self, high, percent=None):
        """With `percent` of the memory in use all the time, whatever Redis
        gives back meanwhile."""
        def is_as_wanted():
            if percent:
                self.set_used(percent)
            return self.is_high() == high
        wait_until(is_as_wanted, f"high is {high}")

    def looked(self):
        """Waits until the hub has looked after this call."""
        def asked():
            stats = self.system.redis.call("INFO", "commandstats").decode()
            line = [line for line in stats.splitlines()
                    if line.startswith("cmdstat_info:calls=")][0]
            return int(line.split("=")[1].split(",")[0])
        # Two looks later one is complete; our own calls count too.
        start, calls = asked(), 0

        def complete():
            nonlocal calls
            calls += 1
            return asked() - start - calls >= 2
        wait_until(complete, "the hub has looked")

    def test_between_the_limits_it_stays_as_it_was(self):
        self.set_used(84)
        self.looked()
        self.assertFalse(self.is_high())
        self.wait_high(True, 86)
        self.set_used(84)
        self.looked()
        self.assertTrue(self.is_high())
        self.set_used(80)
        self.wait_high(False)
        self.system.push(TOPIC, b"1")

    def test_subscriptions_are_refused_before_content_is(self):
        self.set_used(80)
        wait_until(lambda: self.hold(80) or self.is_filling(), "it is filling")
        self.assertFalse(self.is_high())
        hub = self.system.hub
        answer = hub.subscribe(TOPIC, "http://127.0.0.1:9/new")
        self.assertEqual((answer.status, answer.headers["Retry-After"]),
                         (503, "60"))
        self.assertGreater(self.limited("memory_subscriptions"), 0)
        ready = hub.get("/readyz")
        self.assertEqual(ready.status, 200)
        self.assertIn(b"new subscriptions are refused", ready.body)
        self.system.push(TOPIC, b"1")
        self.assertEqual(hub.announce(TOPIC).status, 204)
        self.wait_high(True, 90)
        ready = hub.get("/readyz")
        self.assertEqual(ready.status, 503)
        self.assertIn(b"pushes and announcements are refused", ready.body)
        self.set_used(60)
        wait_until(lambda: self.hold(60) or not self.is_filling(), "it is over")
        self.assertTrue(hub.get("/readyz").body.startswith(b"ready"))
        self.assertEqual(
            hub.subscribe(TOPIC, "http://127.0.0.1:9/new").status, 202)

    def hold(self, percent):
        """So much is used, whatever Redis gives back meanwhile."""
        self.set_used(percent)

    def test_leases_shrink_as_memory_fills(self):
        self.system.program("hub").stop()
        self.set_used(63)
        self.system.start("hub", lease_min_s=1000, lease_default_s=2000,
                          lease_max_s=3000)

        def shrunk():
            self.hold(63)
            self.system.hub.subscribe(TOPIC, "http://127.0.0.1:9/cb",
                                      lease=3000)
            return 1000 < self.waiting_lease() < 3000
        wait_until(shrunk, "a lease is shorter")
        self.assertLess(abs(self.waiting_lease() - 1960), 200)

    def waiting_lease(self):
        key, = (key for base in self.system.store.bases()
                for key in self.system.redis.call("KEYS", base + "request:*"))
        return int(self.system.redis.call("HGET", key, "l"))

    def test_without_maxmemory_the_log_names_the_remedy_once(self):
        program = self.system.start("hub", listen="127.0.0.1:0")
        self.system.redis.call("CONFIG", "SET", "maxmemory", 0)
        line = program.wait_event("redis-maxmemory-unset")
        self.assertIn("maxmemory", line["remedy"])

    def test_without_maxmemory_there_is_no_limit(self):
        self.wait_high(True, 95)
        self.system.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.wait_high(False)
        self.system.push(TOPIC, b"1")

    def test_a_hub_that_starts_knows(self):
        self.system.program("hub").stop()
        self.set_used(95)
        self.system.start("hub")
        self.wait_high(True)
        self.assert_short_of_memory(self.system.hub.push(TOPIC, b"1"))

    def test_json(self):
        self.wait_high(True, 95)
        answer = self.system.hub.request(
            "POST", "/publish?hub.topic=a.b", b"1",
            {"Accept": "application/json"})
        error = json.loads(answer.body)["errors"][0]
        self.assertEqual((error["status"], error["code"]),
                         (503, "service-unavailable"))

    def test_a_bad_request_is_told_so(self):
        self.wait_high(True, 95)
        self.assertEqual(self.system.hub.push("ftp://a/", b"1").status, 400)

    def test_redis_that_does_not_tell_is_never_high(self):
        self.system.redis.change_rights("-info")
        self.system.program("hub").wait_event("redis-memory-unknown")
        self.system.push(TOPIC, b"1")


if __name__ == "__main__":
    unittest.main()
