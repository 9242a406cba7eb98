"""Whatever is damaged in Redis, an fsck that repairs puts it right: afterwards
each active subscription gets a new event once.

WEBSUBD_SEED repeats a run, WEBSUBD_SLOW=1 makes many."""

import json
import os
import random
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.health import HealthTest
from support.keys import digest
from support.wait import wait_until

ROUNDS = 40 if os.environ.get("WEBSUBD_SLOW") else 3
DAMAGES = 12  # in a round
TOPICS = ("http://publisher.example/one", "http://publisher.example/two",
          "a.b.c", "a.b", "x")
SUBSCRIBED = (*TOPICS, "*")


class Fsck(HealthTest):
    settings = {**HealthTest.settings, "shards": 2, "suspend_after": 2,
                "probe_cap_ms": 200, "max_attempts": 1000,
                "undecodable_max_tries": 2}  # what is held goes within 5 s

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self.redis)
        self.subscriber = self.system.subscriber()
        self.callbacks = {}
        for number in range(3):
            for topic in SUBSCRIBED:
                self.subscribe(topic, number)
        self.pushed = 0

    def subscribe(self, topic, number):
        callback = self.subscriber.callback(
            f"/{SUBSCRIBED.index(topic)}-{number}")
        extra = [("hub.websubd.ordered", "true")] if number == 2 else ()
        self.system.activate(topic, callback, extra=extra)
        self.callbacks[topic, number] = callback
        return callback

    def active(self):
        """By topic and number, those that Redis has a record of."""
        return {key: callback for key, callback in self.callbacks.items()
                if self.system.store.record(key[0], callback.url)}

    def due(self, topic, subscribed):
        """Whether a subscription gets the events of a topic."""
        return topic == subscribed or ":" not in topic and (
            subscribed == "*" or topic.startswith(subscribed + "."))

    def push_all(self):
        self.pushed += 1
        for topic in TOPICS:
            body = f"{topic} {self.pushed}".encode()
            wait_until(lambda t=topic, b=body: self.hub.push(t, b).status ==
                       202, f"{topic} is accepted")

    def check_served(self):
        """Everybody who is active gets each new event once."""
        self.push_all()
        active = self.active()
        for (subscribed, _), callback in active.items():
            due = [f"{topic} {self.pushed}".encode() for topic in TOPICS
                   if self.due(topic, subscribed)]
            wait_until(lambda c=callback, d=due: set(d) <= {
                x.body for x in list(c.deliveries)},
                f"{callback.url} of {subscribed} gets {due}")
        self.system.wait_idle()
        for (subscribed, number), callback in active.items():
            for topic in TOPICS:
                body = f"{topic} {self.pushed}".encode()
                self.assertEqual(
                    sum(d.body == body for d in callback.deliveries),
                    int(self.due(topic, subscribed)),
                    (subscribed, number, body))
        return len(active)


class Whole(Fsck):
    def test_of_what_is_sound(self):
        self.assertEqual(self.ask("/admin/fsck").status, 404)
        for repair in (False, True):
            done = self.fsck(repair)
            self.assertEqual((done["found"], done["mended"], done["left"]),
                             (0, 0, 0), done)
        self.assertEqual(self.check_served(), 18)

    def test_looks_only(self):
        self.switch(False)
        self.call("HSET", "attempts:x", "y", "z")
        done = self.fsck(repair=False)
        self.assertEqual((done["found"], done["mended"], done["left"]),
                         (1, 0, 1), done)
        self.assertTrue(self.exists("attempts:x"))

    def test_repairs_whether_cleanup_is_on_or_not(self):
        self.switch(False)
        for number in range(1500):  # more than are noted at a time
            self.call("HSET", "attempts:x", number, "z")
        done = self.fsck()
        self.assertEqual((done["mended"], done["left"]), (1500, 0), done)
        self.assertFalse(self.exists("attempts:x"))

    def test_is_under_way(self):
        self.send("POST", "/admin/fsck", {"repair": True})
        answer = self.send("POST", "/admin/fsck", {"repair": True})
        self.assertIn(answer.status, (202, 409))


class Killed(Fsck):
    def test_the_coordinator_during_an_fsck(self):
        """The next one goes on, from the beginning."""
        self.switch(False)
        for number in range(300):
            self.call("HSET", f"attempts:{number}", "y", "z")
        number = json.loads(self.send("POST", "/admin/fsck",
                                      {"repair": True}).body)["fsck"]
        wait_until(lambda: self.fsck_state()["state"] == "running",
                   "it runs")
        first = self.system.program("spreader")
        first.kill()
        self.assertEqual(self.fsck_state()["state"], "running")
        self.system.presume_dead(first)
        self.redis.call("HSET", "websub:{c}:owner", "until", 0)
        self.system.start("spreader")
        done = self.fsck_done(number)
        self.assertEqual(done["left"], 0)
        self.assertNotIn("orphaned", str(self.issues()))
        self.assertEqual(self.check_served(), 18)


class ByChance(Fsck):
    """Any keys: deleted, of another type, a member lost or garbled, the expiry
    lost or added.  Keys are those that are there, of the shards and of the
    cluster."""

    SPARED = ("websub:{c}:health",)  # the fsck itself

    def some_key(self, chance):
        keys = [key for key in self.redis.keys()
                if b"{" in key and not key.startswith(
                    tuple(name.encode() for name in self.SPARED))]
        # As many of each kind as of any other.
        kinds = {}
        for key in keys:
            kinds.setdefault(key.split(b":")[2], []).append(key)
        return chance.choice(kinds[chance.choice(sorted(kinds))])

    def garble(self, key, chance):
        kind = self.redis.call("TYPE", key)
        if kind == b"hash":
            fields = self.redis.call("HKEYS", key)
            self.redis.call("HSET", key, chance.choice(fields), "\x00garbled")
        elif kind == b"zset":
            self.redis.call("ZADD", key, 1, "garbled")
        elif kind == b"stream":
            self.redis.call("XADD", key, "*", "garbled", "x")
        elif kind == b"list":
            self.redis.call("RPUSH", key, "garbled")
        else:
            self.redis.call("SET", key, "garbled")

    def drop_member(self, key, chance):
        kind = self.redis.call("TYPE", key)
        if kind == b"hash":
            self.redis.call("HDEL", key, chance.choice(
                self.redis.call("HKEYS", key)))
        elif kind == b"zset":
            self.redis.call("ZREM", key, chance.choice(
                self.redis.call("ZRANGE", key, 0, -1)))
        else:
            self.redis.call("DEL", key)

    def damage(self, chance):
        key = self.some_key(chance)
        what = chance.choice(("delete", "retype", "garble", "drop", "persist"))
        try:
            if what == "delete":
                self.redis.call("DEL", key)
            elif what == "retype":
                self.redis.call_all([("DEL", key), ("RPUSH", key, "damage")])
            elif what == "garble":
                self.garble(key, chance)
            elif what == "drop":
                self.drop_member(key, chance)
            else:
                self.redis.call("PERSIST", key)
        except Exception as error:  # it has gone meanwhile
            what += f" ({error})"
        return what, key

    def suspend_one(self):
        callback = self.callbacks[TOPICS[0], 0]
        callback.default = 500
        self.push_all()
        self.push_all()
        wait_until(lambda: any(
            self.redis.call("EXISTS", base + "suspended")
            for base in self.system.store.bases()), "one is suspended")
        callback.default = 204

    def wait_well(self):
        """What others mend, such as the reaper, takes them a moment."""
        try:
            wait_until(lambda: self.check()["summary"] == "all is well",
                       "all is well", 10)
        except AssertionError:
            self.assertEqual(self.last(), "all is well")

    def restore(self):
        """Those that the damage has ended subscribe again."""
        active = self.active()
        for (topic, number) in set(self.callbacks) - set(active):
            self.subscribe(topic, number)

    def test_any_keys(self):
        seed = int(os.environ.get("WEBSUBD_SEED", time.time()))
        chance = random.Random(seed)
        for number in range(ROUNDS):
            what = []
            with self.subTest(seed=seed, round=number):
                if number % 2:
                    self.suspend_one()
                what += [self.damage(chance) for _ in range(DAMAGES)]
                self.fsck()
                try:
                    self.wait_well()
                    self.check_served()
                except AssertionError as failed:
                    raise AssertionError(f"{failed}\nafter {what}") from None
                self.restore()


if __name__ == "__main__":
    unittest.main()
