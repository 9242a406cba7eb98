"""A subscription that an operator has paused gets nothing and loses nothing,
whatever was on its way, however many processes there are, and whoever dies."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.httpd import Answer
from support.keys import digest
from support.orders import Orders
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"


class PauseTest(Orders, SystemTest):
    def start(self, delivers=1, **settings):
        self.start_system(admin_token=ADMIN, **settings)
        for _ in range(delivers - 1):
            self.system.start("deliver")
        self.store, self.redis = self.system.store, self.system.redis
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", topic=TOPIC, **options):
        callback = self.subscriber.callback(path)
        self.system.activate(topic, callback, **options)
        return callback

    def push(self, first, count, topic=TOPIC):
        for n in range(first, first + count):
            self.system.push(topic, f"{n}".encode())
        wait_until(self.store.fanned_out, "all are fanned out")

    def pause(self, callback, topic=TOPIC):
        self.assertEqual(self.order("pause", topic, callback),
                         {"paused": True})

    def resume(self, callback, topic=TOPIC):
        self.assertEqual(self.order("resume", topic, callback),
                         {"paused": False})

    def delivered(self, callback):
        return [int(d.body) for d in callback.deliveries if d.answered == 204]

    def wait_all(self, callback, count):
        wait_until(lambda: set(self.delivered(callback)) == set(range(count)),
                   "all are delivered")

    def flags(self, callback, topic=TOPIC):
        return self.store.record(topic, callback.url).flags

    def wait_lanes_empty(self):
        """Nothing is on its way to anybody."""
        wait_until(lambda: self.store.pending("outbox") == 0 and
                   self.store.pending("bulk") == 0 and not any(
                       self.redis.call("XLEN", f"{base}{lane}")
                       for base in self.store.bases()
                       for lane in ("outbox", "bulk")), "the lanes are empty")


class Pause(PauseTest):
    def test_nothing_comes_until_it_is_resumed_then_all_in_order(self):
        self.start()
        callback, other = self.active(), self.active("/other")
        self.push(0, 3)
        self.wait_all(callback, 3)
        self.pause(callback)
        self.push(3, 20)
        self.wait_all(other, 23)
        self.wait_lanes_empty()
        self.assertEqual(len(callback.deliveries), 3)
        self.resume(callback)
        self.wait_all(callback, 23)
        self.system.wait_idle()
        self.assertEqual(self.delivered(callback)[3:], list(range(3, 23)))
        wait_until(lambda: self.flags(callback) == "-", "it is as any other")
        self.push(23, 1)
        self.wait_all(callback, 24)

    def test_what_was_queued_waits_with_the_rest(self):
        """All slots of the host are taken when it is paused."""
        self.start(delivers=2, per_host=1)
        gate = self.gate()
        callback = self.active()
        callback.default = Answer(204, gate=gate)
        self.push(0, 10)
        callback.wait_deliveries(2)
        self.pause(callback)
        self.push(10, 5)
        gate.set()
        self.wait_lanes_empty()
        got = len(callback.deliveries)
        self.assertLess(got, 15)
        self.resume(callback)
        self.wait_all(callback, 15)

    def test_an_ordered_one(self):
        self.start(delivers=2)
        callback = self.active(extra=[("hub.websubd.ordered", "true")])
        self.push(0, 5)
        self.wait_all(callback, 5)
        self.pause(callback)
        self.push(5, 5)
        self.wait_lanes_empty()
        self.assertEqual(len(callback.deliveries), 5)
        self.resume(callback)
        self.wait_all(callback, 10)
        self.assertEqual(self.delivered(callback), list(range(10)))
        self.assertEqual(self.flags(callback), "o")

    def test_a_suspended_one_is_not_probed(self):
        self.start(suspend_after=2, max_attempts=100, retry_base_ms=20,
                   probe_cap_ms=50)
        callback = self.active()
        callback.default = 500
        self.push(0, 3)
        member = f"{digest(TOPIC)}:{digest(callback.url)}"
        wait_until(lambda: self.redis.call("ZSCORE", self.store.key(
            TOPIC, "suspended"), member), "it is suspended")
        self.pause(callback)
        self.wait_lanes_empty()
        wait_until(lambda: not self.store.delayed(), "no probe waits")
        probes = len(callback.deliveries)
        self.push(3, 3)
        callback.default = 204
        self.wait_lanes_empty()
        self.assertEqual(len(callback.deliveries), probes)
        self.resume(callback)
        self.wait_all(callback, 6)
        self.assertEqual(self.delivered(callback), list(range(6)))

    def test_a_renewal_leaves_it_paused(self):
        self.start()
        callback = self.active()
        self.pause(callback)
        self.system.activate(TOPIC, callback)
        self.push(0, 2)
        self.wait_lanes_empty()
        self.assertEqual(callback.deliveries, [])
        self.resume(callback)
        self.wait_all(callback, 2)

    def test_everything_is_paused_in_each_shard(self):
        self.start()
        callback = self.active(topic="*")
        topics = [f"label{n}.x" for n in range(12)]
        self.pause(callback, "*")
        for n, topic in enumerate(topics):
            self.push(n, 1, topic)
        self.wait_lanes_empty()
        self.assertEqual(callback.deliveries, [])
        self.resume(callback, "*")
        self.wait_all(callback, len(topics))

    def test_what_is_unknown_is_paused_nowhere(self):
        self.start()
        callback = self.subscriber.callback("/later")
        self.order("pause", "*", callback, 404)
        self.assertEqual(self.system.redis.call("KEYS", "websub:*:paused"), [])

    def test_what_is_unknown_or_wrong_is_refused(self):
        self.start()
        callback = self.subscriber.callback("/unknown")
        for what in ("pause", "resume"):
            self.assertIn(b"no such subscription",
                          self.order(what, TOPIC, callback, 404))
            path = f"/admin/subscriptions/{what}"
            for body in (b"", b"[]", {"topic": TOPIC},
                         {"topic": TOPIC, "callback": 5},
                         {"topic": "a..b", "callback": callback.url},
                         {"topic": TOPIC, "callback": callback.url,
                          "more": 1}):
                self.assertEqual(self.send(path, body).status, 400, body)
            self.assertEqual(self.send(path, {}, token=None).status, 401)
            self.assertEqual(self.send(path, {}, kind="text/plain").status,
                             415)
            said = self.send(path, {"topic": "a..b", "callback": "x"}).body
            self.assertIn(b"topic", said)
            self.assertIn(b"callback", said)


class Killed(PauseTest):
    def test_delivers_that_die_with_its_jobs_lose_nothing(self):
        """Each is killed while it holds jobs of a paused subscription."""
        self.start(delivers=2)
        gate = self.gate()
        callback = self.active()
        callback.default = Answer(204, gate=gate)
        victims = [p for p in self.system.programs
                   if p.name == "websub-deliver"]
        self.push(0, 12)
        callback.wait_deliveries(4)
        for victim in victims:
            self.pause(callback)
            victim.kill()
            self.system.presume_dead(victim)
            self.system.start("deliver")
        gate.set()
        callback.default = 204
        self.push(12, 5)
        self.wait_lanes_empty()
        seen = len(callback.deliveries)
        self.push(17, 3)
        self.wait_lanes_empty()
        self.assertEqual(len(callback.deliveries), seen)
        self.resume(callback)
        wait_until(lambda: {int(d.body) for d in callback.deliveries} ==
                   set(range(20)), "nothing is lost")
        self.system.wait_idle()
        wait_until(lambda: self.flags(callback) == "-", "it is as any other")

    def test_on_and_off_while_events_come_and_processes_die(self):
        self.start(delivers=2)
        callback, other = self.active(), self.active("/other")
        for n in range(6):
            self.system.push(TOPIC, f"{5 * n}".encode())
            self.pause(callback)
            for k in range(1, 5):
                self.system.push(TOPIC, f"{5 * n + k}".encode())
            if n in (1, 3):
                victim = self.system.program("deliver")
                victim.kill()
                self.system.presume_dead(victim)
                self.system.start("deliver")
            if n == 2:
                victim = self.system.program("spreader")
                victim.kill()
                self.system.presume_dead(victim)
                self.system.start("spreader")
            self.resume(callback)
        self.wait_all(other, 30)
        self.wait_all(callback, 30)
        self.system.wait_idle()
        wait_until(lambda: self.flags(callback) == "-", "it is as any other")


if __name__ == "__main__":
    unittest.main()
