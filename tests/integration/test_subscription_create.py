"""POST /admin/subscriptions: an operator subscribes a callback, which is not
asked."""

import json
import sys
import unittest
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import ADMIN
from support.keys import digest
from support.orders import Orders
from support.subscriber import signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "orders.created"
PATH = "/admin/subscriptions"


class Create(Orders, SystemTest):
    def start(self, **settings):
        self.start_system(admin_token=ADMIN, **settings)
        self.store = self.system.store
        self.subscriber = self.system.subscriber()

    def create(self, callback, topic=TOPIC, status=201, **more):
        url = callback if isinstance(callback, str) else callback.url
        answer = self.send(PATH, {"topic": topic, "callback": url, **more})
        self.assertEqual(answer.status, status, answer)
        if status < 300:
            self.assertEqual(json.loads(answer.body), {
                "topic": topic.lower() if ":" not in topic else topic,
                "callback": url})
        return answer.body.decode()

    def test_it_is_active_at_once_and_never_asked(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.create(callback, secret="secret", signature="sha512",
                    headers="standard", ordered=True, lease_seconds=86400)
        record = self.store.record(TOPIC, callback.url)
        self.assertEqual((record.ordered, record.choices, record.lease_s),
                         (True, "5s", 86400))
        self.system.push(TOPIC, b"event")
        delivery, = callback.wait_deliveries()
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature("secret", b"event", "sha512"))
        self.assertIn("webhook-id", delivery.headers)
        self.assertEqual(callback.verifications, [])

    def test_one_that_is_there_is_renewed(self):
        self.start()
        callback = self.subscriber.callback("/cb")
        self.create(callback, lease_seconds=86400)
        before = self.store.record(TOPIC, callback.url)
        self.create(callback, status=200, lease_seconds=90000)
        after = self.store.record(TOPIC, callback.url)
        self.assertGreater(after.generation, before.generation)
        self.assertEqual(after.lease_s, 90000)

    def test_one_to_everything_is_in_each_shard(self):
        self.start()
        self.check_everything(lambda callback: self.create(callback, "*"))

    def test_as_one_is_that_a_hub_without_verification_confirms(self):
        self.start(verify="off")
        self.check_everything(
            lambda callback: self.system.request("*", callback))

    def check_everything(self, subscribe):
        callback = self.subscriber.callback("/cb")
        subscribe(callback)
        wait_until(lambda: all(self.system.redis.call(
            "HEXISTS", f"{base}sub:{digest('*')}", digest(callback.url))
            for base in self.store.bases()), "all replicas are there")
        self.system.wait_decided("*", callback)
        for n in range(8):
            self.system.push(f"label{n}.x", b"%d" % n)
        callback.wait_deliveries(8)

    def test_one_may_begin_paused(self):
        self.start()
        for n, (topic, ordered) in enumerate(product((TOPIC, "*"),
                                                     (True, False))):
            with self.subTest(topic=topic, ordered=ordered):
                callback = self.subscriber.callback(f"/paused{n}")
                self.create(callback, topic, ordered=ordered, paused=True)
                other = self.subscriber.callback(f"/other{n}")
                self.create(other, topic)
                self.check_paused(topic, callback, other)

    def check_paused(self, topic, callback, other):
        """What comes waits until it is resumed, in each shard."""
        if topic == "*":
            wait_until(lambda: all(self.system.redis.call(
                "HEXISTS", f"{base}sub:{digest('*')}", digest(url.url))
                for base in self.store.bases()
                for url in (callback, other)), "all replicas are there")
        labels = [f"{TOPIC}.{n}" for n in range(8)]
        for label in labels:
            self.system.push(label, label.encode())
        other.wait_deliveries(8)
        self.assertEqual(callback.deliveries, [])
        self.order("resume", topic, callback)
        callback.wait_deliveries(8)
        self.assertEqual(sorted(each.body.decode()
                                for each in callback.deliveries), labels)

    def test_bounds_of_strangers_do_not_hold(self):
        self.start(max_subscriptions_per_topic=1, max_pending_per_host=1,
                   max_subscriptions_per_host=1, subscribe_token="subscribe")
        for n in range(4):
            self.create(self.subscriber.callback(f"/{n}"))
        self.assertEqual(self.store.subscribers(TOPIC), 4)

    def test_the_operators_own_lists_do(self):
        self.start(topic_deny="orders.secret", callback_deny="http://*/bad")
        self.create(self.subscriber.callback("/cb"), "orders.secret", 403)
        self.create(self.subscriber.callback("/bad"), status=403)

    def test_all_that_is_wrong_is_told_and_changes_nothing(self):
        self.start(lease_policy="reject")
        callback = self.subscriber.callback("/cb")
        said = self.create("nothing", "a..b", 400, lease_seconds="long",
                           secret="x" * 200, signature="md5", headers="none",
                           ordered="yes")
        for word in ("topic", "callback", "lease_seconds", "secret",
                     "signature", "headers", "ordered"):
            self.assertIn(word, said)
        for more in ({"lease_seconds": 0}, {"lease_seconds": -1},
                     {"lease_seconds": 10 ** 12}, {"lease_seconds": 1.5},
                     {"lease": 5}, {"secret": 5}, {"paused": "yes"}):
            self.create(callback, TOPIC, 400, **more)
        for body in (b"", b"[]", {}, {"topic": TOPIC},
                     {"callback": callback.url}):
            self.assertEqual(self.send(PATH, body).status, 400, body)
        self.assertEqual(self.send(PATH, {}, token=None).status, 401)
        self.assertEqual(self.send(PATH, {}, kind="text/plain").status, 415)
        self.assertIsNone(self.store.record(TOPIC, callback.url))


if __name__ == "__main__":
    unittest.main()
