"""Orders about one subscription: what waits is tried now, a test event reaches it
and nobody else, and it is deleted; with several delivers, of which some die."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.httpd import Answer
from support.keys import digest
from support.orders import Orders
from support.subscriber import signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
SLOW = {"retry_base_ms": 600000, "retry_cap_ms": 600000}


class OrdersTest(Orders, SystemTest):
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

    def replace(self, victim):
        """A process dies, and another one takes its place."""
        victim.kill()
        self.system.presume_dead(victim)
        self.system.start(victim.name.removeprefix("websub-"))

    def check_refusals(self, what):
        callback = self.subscriber.callback("/unknown")
        self.assertIn(b"no such subscription",
                      self.order(what, TOPIC, callback, 404))
        path = f"/admin/subscriptions/{what}"
        for body in (b"", b"[]", {"topic": TOPIC}, {"callback": callback.url},
                     {"topic": TOPIC, "callback": callback.url, "x": 1}):
            self.assertEqual(self.send(path, body).status, 400, body)
        self.assertEqual(self.send(path, {}, token=None).status, 401)
        self.assertEqual(self.send(path, {}, kind="text/plain").status, 415)


class Due(OrdersTest):
    def due(self, callback, topic=TOPIC):
        return self.order("due", topic, callback)["due"]

    def test_what_failed_is_tried_now(self):
        self.start(delivers=2, suspend_after=1000, **SLOW)
        callback, other = self.active(), self.active("/other")
        callback.default = other.default = 500
        for n in range(5):
            self.system.push(TOPIC, b"%d" % n)
        wait_until(lambda: len(self.store.delayed()) == 10, "all wait")
        callback.default = 204
        self.replace(self.system.program("deliver"))
        self.assertEqual(self.due(callback), 5)
        wait_until(lambda: sorted(d.body for d in callback.deliveries
                                  if d.answered == 204) ==
                   [b"%d" % n for n in range(5)], "all are delivered")
        self.assertEqual(len(other.deliveries), 5)
        self.assertEqual(self.due(callback), 0)

    def test_a_suspended_one_is_probed_now(self):
        self.start(suspend_after=1, probe_cap_ms=600000, **SLOW)
        callback = self.active()
        callback.default = 500
        self.system.push(TOPIC, b"event")
        member = f"{digest(TOPIC)}:{digest(callback.url)}"
        wait_until(lambda: self.redis.call("ZSCORE", self.store.key(
            TOPIC, "suspended"), member), "it is suspended")
        for _ in range(3):
            seen = len(callback.deliveries)
            wait_until(lambda: self.due(callback) == 1, "its probe waits")
            callback.wait_deliveries(seen + 1)
        callback.default = 204
        wait_until(lambda: self.due(callback) == 1, "its probe waits")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries[-1].answered, 204)

    def test_what_is_refused(self):
        self.start()
        self.check_refusals("due")


class Test(OrdersTest):
    def test_it_reaches_that_one_only(self):
        self.start(delivers=2)
        callback = self.active(secret="secret")
        others = [self.active("/other"), self.active("/above", "orders"),
                  self.active("/all", "*")]
        event = self.order("test", TOPIC, callback)["event"]
        delivery, = callback.wait_deliveries()
        self.assertEqual(delivery.headers["Websubd-Event"], event)
        self.assertEqual(delivery.headers["Websubd-Test"], "1")
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature("secret", delivery.body))
        self.assertTrue(json.loads(delivery.body)["test"])
        self.assertIn('rel="self"', delivery.headers["Link"])
        self.system.push(TOPIC, b"event")
        self.system.wait_idle()
        for other in others:
            self.assertEqual(other.bodies(), [b"event"])
        self.assertNotIn("Websubd-Test", callback.deliveries[1].headers)
        self.assertEqual(self.system.hub.get(f"/events/{event}").status, 404)
        self.assertEqual(self.store.events_kept(), 0)

    def test_it_is_tried_again_whoever_dies_and_is_a_dead_letter_at_last(self):
        self.start(delivers=2, max_attempts=3, suspend_after=2)
        callback = self.active()
        gate = self.gate()
        callback.default = Answer(500, gate=gate)
        event = self.order("test", TOPIC, callback)["event"]
        callback.wait_deliveries()
        for victim in [p for p in self.system.programs
                       if p.name == "websub-deliver"]:
            self.replace(victim)
        callback.default = 500
        gate.set()
        letters = wait_until(lambda: self.store.dead_letters(TOPIC),
                             "it is a dead letter")
        self.assertEqual([f"{letter[b'e'].decode()}" for letter in letters],
                         [event.split("-", 1)[1]])
        self.assertIsNone(self.redis.call(
            "ZSCORE", self.store.key(TOPIC, "suspended"),
            f"{digest(TOPIC)}:{digest(callback.url)}"))
        callback.default = 204
        answer = self.system.hub.form([("all", "true")], ADMIN,
                                      "/admin/dead-letters/replay")
        self.assertEqual(json.loads(answer.body), {"replayed": 1})
        self.system.wait_idle()
        self.assertEqual(callback.deliveries[-1].headers["Websubd-Test"], "1")
        self.assertEqual(self.store.events_kept(), 0)

    def test_ordered_suspended_and_paused_ones_get_it_at_once(self):
        self.start(suspend_after=1, probe_cap_ms=600000, **SLOW)
        ordered = self.active("/ordered",
                              extra=[("hub.websubd.ordered", "true")])
        paused, suspended = self.active("/paused"), self.active("/suspended")
        suspended.default = 500
        self.system.push(TOPIC, b"event")
        member = f"{digest(TOPIC)}:{digest(suspended.url)}"
        wait_until(lambda: self.redis.call("ZSCORE", self.store.key(
            TOPIC, "suspended"), member), "it is suspended")
        paused.wait_deliveries()
        ordered.wait_deliveries()
        self.order("pause", TOPIC, paused)
        for callback in (ordered, paused, suspended):
            self.order("test", TOPIC, callback)
            last = callback.wait_deliveries(2)[-1]
            self.assertEqual(last.headers["Websubd-Test"], "1")
        self.assertIsNotNone(self.redis.call("ZSCORE", self.store.key(
            TOPIC, "suspended"), member))

    def test_its_end_ends_the_test(self):
        """Also where the callback has one to a topic above."""
        self.start(delivers=2, **SLOW)
        callback = self.active()
        self.system.activate("orders", callback)
        callback.default = 500
        self.order("test", TOPIC, callback)
        callback.wait_deliveries()
        wait_until(self.store.delayed, "it waits")
        self.order("delete", TOPIC, callback, tell=False)
        self.system.make_due()
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)
        self.assertEqual(self.store.events_kept(), 0)

    def test_who_subscribes_to_everything(self):
        self.start()
        callback = self.active(topic="*")
        self.order("test", "*", callback)
        delivery, = callback.wait_deliveries()
        self.assertEqual(delivery.headers["Websubd-Test"], "1")

    def test_what_is_refused(self):
        self.start()
        self.check_refusals("test")


class Delete(OrdersTest):
    def delete(self, callback, topic=TOPIC, **more):
        self.assertEqual(self.order("delete", topic, callback, **more),
                         {"deleted": True})

    def test_its_callback_is_told(self):
        self.start()
        callback = self.active()
        self.delete(callback, reason="You moved.")
        denial, = callback.wait_denials()
        self.assertEqual((denial.topic, denial.reason), (TOPIC, "You moved."))
        self.assertIsNone(self.store.record(TOPIC, callback.url))
        self.order("delete", TOPIC, callback, 404)

    def test_or_not(self):
        """While deliveries run, whoever dies."""
        self.start(delivers=2)
        callback, other = self.active(), self.active("/other")
        gate = self.gate()
        callback.default = Answer(500, gate=gate)
        for n in range(8):
            self.system.push(TOPIC, b"%d" % n)
        callback.wait_deliveries(4)
        self.delete(callback, tell=False)
        self.replace(self.system.program("deliver"))
        gate.set()
        self.system.wait_idle()
        seen = len(callback.deliveries)
        self.system.push(TOPIC, b"more")
        other.wait_deliveries(9)
        self.system.wait_idle()
        self.assertEqual((len(callback.deliveries), callback.denials),
                         (seen, []))
        self.assertEqual(self.store.dead_letters(TOPIC), [])
        self.order("delete", TOPIC, callback, 404, tell=False)

    def test_one_to_everything_ends_in_each_shard(self):
        for tell in (True, False):
            with self.subTest(tell=tell):
                self.start()
                callback = self.active(topic="*")
                self.system.wait_decided("*", callback)
                self.delete(callback, "*", tell=tell)
                wait_until(lambda: not any(self.redis.call(
                    "EXISTS", f"{base}sub:{digest('*')}")
                    for base in self.store.bases()), "no replica is left")
                for n in range(8):
                    self.system.push(f"label{n}.x", b"event")
                self.system.wait_idle()
                self.assertEqual(callback.deliveries, [])

    def test_a_replica_that_was_left_behind_ends_with_a_repetition(self):
        self.start()
        callback = self.active(topic="*")
        self.system.wait_decided("*", callback)
        self.redis.call("HDEL", self.store.key("*", f"sub:{digest('*')}"),
                        digest(callback.url))
        self.order("delete", "*", callback, 404, tell=False)
        for base in self.store.bases():
            self.assertFalse(self.redis.call(
                "HEXISTS", f"{base}sub:{digest('*')}", digest(callback.url)))

    def test_what_is_refused(self):
        self.start()
        self.check_refusals("delete")
        callback = self.active()
        for more in ({"tell": "no"}, {"reason": 5}, {"reason": "x" * 501},
                     {"tell": False, "reason": "x"}):
            self.order("delete", TOPIC, callback, 400, **more)
        self.assertIsNotNone(self.store.record(TOPIC, callback.url))


if __name__ == "__main__":
    unittest.main()
