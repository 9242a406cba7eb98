"""What a topic group says of deliveries and of the log, and what becomes of its
subscriptions once it is deleted."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.groups import GroupsTest
from support.keys import digest
from support.subscriber import Answer, held, status
from support.wait import wait_until

INSIDE, OUTSIDE = "orders.eu.new", "orders.us.new"
URL_INSIDE = "http://publisher.example/eu/topic"


class GroupTest(GroupsTest):
    settings = {"heartbeat_timeout_ms": 60000}

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()

    def group(self, prefix="orders.eu", name="eu", **says):
        version = self.put(name, {"prefix": prefix, **says})["version"]
        self.wait_applied(name, version)

    def callback(self, topic, path=None, **options):
        callback = self.subscriber.callback(path or "/" + digest(topic))
        self.system.activate(topic, callback, **options)
        return callback

    def push(self, topic, body=b"1"):
        return json.loads(self.system.push(topic, body).body)["id"]

    def letters(self, topic):
        return [letter for letter in self.system.store.dead_letters(topic)
                if letter[b"t"] == topic.encode()]


class Retries(GroupTest):
    settings = {**GroupTest.settings, "max_attempts": 2}

    def test_attempts_are_the_groups(self):
        self.group(max_attempts=4)
        for topic in (INSIDE, OUTSIDE):
            callback = self.callback(topic)
            callback.default = 500
            self.push(topic)
        for topic, attempts in ((INSIDE, 4), (OUTSIDE, 2)):
            wait_until(lambda t=topic: self.letters(t), "it is given up", 30)
            self.assertEqual(int(self.letters(topic)[0][b"n"]), attempts)

    def test_another_version_counts_for_what_waits(self):
        self.group(max_attempts=100, retry_base_ms=600000, retry_cap_ms=600000)
        callback = self.callback(INSIDE)
        callback.default = 500
        self.push(INSIDE)
        callback.wait_deliveries()
        wait_until(self.system.store.delayed, "it waits")
        self.group(max_attempts=2)
        self.system.make_due()
        wait_until(lambda: self.letters(INSIDE), "it is given up")

    def test_a_longer_delay_than_the_settings_allow_is_kept(self):
        self.group(retry_base_ms=3000000, retry_cap_ms=3000000)
        callback = self.callback(INSIDE)
        callback.default = 500
        since_ms = self.redis.now_ms()
        self.push(INSIDE)
        callback.wait_deliveries()
        due, = wait_until(self.system.store.delayed, "it waits")
        self.assertGreaterEqual(due, since_ms + 1500000)
        retry = self.system.store.key(INSIDE, "retry")
        self.redis.call("ZADD", retry, due * 9, "h unknown")
        wait_until(lambda: due * 9 not in self.system.store.delayed(),
                   "what is too far ahead is brought back", 20)
        self.assertEqual(self.system.store.delayed(), [due])

    def test_the_deadline_is_the_groups(self):
        self.group(delivery_deadline_s=1, retry_base_ms=1500,
                   retry_cap_ms=1500, max_attempts=100)
        callback = self.callback(INSIDE)
        callback.default = 500
        self.push(INSIDE)
        wait_until(lambda: self.letters(INSIDE), "it is given up", 30)
        self.assertLess(len(callback.deliveries), 4)


class PerHost(GroupTest):
    def test_the_group_has_as_many_requests_at_a_host_as_it_may(self):
        self.group(per_host=2)
        gate = self.gate()
        inside = [self.callback(INSIDE, f"/in{n}") for n in range(6)]
        outside = [self.callback(OUTSIDE, f"/out{n}") for n in range(6)]
        for callback in inside + outside:
            callback.next_answers(Answer(gate=gate))
        self.push(INSIDE)
        self.push(OUTSIDE)
        wait_until(lambda: sum(len(each.deliveries) for each in outside) == 6,
                   "the others go")
        self.assertLessEqual(sum(len(each.deliveries) for each in inside), 2)
        gate.set()
        for callback in inside:
            callback.wait_deliveries()
        self.system.wait_idle()


class Retention(GroupTest):
    def has(self, event):
        return self.hub.get(f"/events/{event}").status == 200

    def wait_gone(self, event):
        wait_until(lambda: not self.has(event), f"{event} has left", 30)

    def test_a_shorter_one(self):
        self.group(retention_s=1)
        kept = self.push(OUTSIDE)
        first = self.push(INSIDE)
        self.wait_gone(first)
        self.assertTrue(self.has(kept))
        self.assertEqual(self.redis.call("ZCARD", self.system.store.key(
            INSIDE, "retained")), 0)


class LongRetention(Retention):
    settings = {**GroupTest.settings, "retention_s": 1}

    def test_a_shorter_one(self):
        """Is what the settings say here."""

    def test_a_longer_one(self):
        self.group(retention_s=3600)
        kept = self.push(INSIDE)
        gone = self.push(OUTSIDE)
        also_kept = self.push(INSIDE)
        self.wait_gone(gone)
        self.assertTrue(self.has(kept) and self.has(also_kept))
        self.group(retention_s=1)
        self.wait_gone(self.push(INSIDE))
        self.assertTrue(self.has(kept) and self.has(also_kept))

    def test_what_is_still_to_be_delivered_is_kept(self):
        self.group(retention_s=2)
        callback = self.callback(INSIDE)
        callback.next_answers(500)
        self.system.program("deliver").stop()
        event = self.push(INSIDE, b"late")
        self.wait_gone(event)
        self.system.start("deliver")
        callback.wait_deliveries(2)
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"late"] * 2)


class Deleted(GroupTest):
    def test_its_subscriptions_are_told_and_end(self):
        self.group()
        self.group(URL_INSIDE.rsplit("/", 1)[0], "url")
        inside = [self.callback("orders.eu"), self.callback(INSIDE),
                  self.callback("orders.eu.new.x")]
        by_url = self.callback(URL_INSIDE)
        others = [self.callback("orders"), self.callback(OUTSIDE),
                  self.callback("orders.europe"), self.callback("*")]
        self.delete("eu")
        for callback in inside:
            denial, = callback.wait_denials()
            self.assertEqual(denial.fields["hub.reason"],
                             "The topic has ended.")
        for topic in ("orders.eu", INSIDE, "orders.eu.new.x"):
            wait_until(lambda t=topic: self.system.store.subscribers(t) == 0,
                       "nobody is subscribed")
        self.delete("url")
        by_url.wait_denials()
        self.system.wait_idle()
        self.assertEqual([callback.denials for callback in others], [[]] * 4)
        event = self.push(OUTSIDE)
        others[1].wait_deliveries()
        self.system.wait_idle()
        self.assertEqual([len(callback.deliveries) for callback in others],
                         [1, 1, 0, 1])
        self.assertTrue(event)

    def test_a_longer_prefix_lives_on(self):
        self.group()
        self.group("orders.eu.new", "new")
        ended, lives = self.callback("orders.eu.old"), self.callback(INSIDE)
        self.delete("eu")
        ended.wait_denials()
        self.push(INSIDE)
        lives.wait_deliveries()
        self.assertEqual(lives.denials, [])

    def test_events_and_jobs_that_wait_go_to_nobody(self):
        self.group()
        callback, above = self.callback(INSIDE), self.callback("orders")
        callback.default = above.default = 500
        self.push(INSIDE)
        callback.wait_deliveries()
        above.wait_deliveries()
        self.delete("eu")
        callback.wait_denials()
        count = len(above.deliveries)
        self.redis.call("XADD", self.system.store.key(INSIDE, "log"), "*",
                        "v", 1, "t", INSIDE, "ct", "text/plain", "b", "x")
        self.system.make_due()
        self.system.wait_idle()
        self.assertLessEqual(len(above.deliveries), count + 1)
        rejected = self.system.store.key(INSIDE, "rejected")
        (_, fields), = self.redis.call("XRANGE", rejected, "-", "+")
        self.assertIn(b"the topic has ended", fields)

    def test_many_are_ended_by_the_next_owner_too(self):
        self.group()
        callbacks = [self.callback(f"orders.eu.t{n % 7}", f"/{n}")
                     for n in range(60)]
        old = self.system.program("spreader")
        self.system.start("spreader")
        self.delete("eu")
        old.kill()
        self.system.presume_dead(old)
        for callback in callbacks:
            callback.wait_denials(1, 30)
        self.system.wait_idle()
        self.assertEqual({len(callback.denials) for callback in callbacks},
                         {1})

    def test_a_request_that_waits_is_denied(self):
        """However it is told: before its callback is asked, or after."""
        self.group()
        gate = self.gate()
        asked = self.subscriber.callback("/asked", confirm=[held(gate)])
        self.system.request(INSIDE, asked)
        asked.wait_verifications()
        later = self.subscriber.callback("/later", confirm=[status(503)])
        self.system.request("orders.eu.other", later)
        later.wait_verifications()
        self.delete("eu")
        self.wait_applied("eu", 2)
        gate.set()
        self.system.make_due()
        for callback in (asked, later):
            denial, = callback.wait_denials()
            self.assertEqual(denial.fields["hub.reason"],
                             "The topic has ended.")
            self.assertEqual(len(callback.verifications), 1)
        self.system.wait_idle()
        for topic in (INSIDE, "orders.eu.other"):
            self.assertEqual(self.system.store.subscribers(topic), 0)

    def test_what_has_ended_is_noted(self):
        self.group()
        self.callback(INSIDE)
        self.delete("eu")

        def noted():
            return [self.redis.call("HGET", base + "ended_groups", "eu")
                    for base in self.system.store.bases()]
        wait_until(lambda: noted() == [b"1"] * len(noted()), "it is noted")
        self.assertEqual(self.system.store.subscribers(INSIDE), 0)


if __name__ == "__main__":
    unittest.main()
