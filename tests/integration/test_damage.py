"""Whatever is damaged in Redis is moved out of the way, and everybody is served.

A key of one topic, or of the shard, is replaced by one of another type, or what it
holds is garbled.  All topics are in one shard.  In short form each kind of key is
damaged once; WEBSUBD_SLOW=1 damages keys by chance, again and again."""

import os
import random
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import AdminSystemTest
from support.keys import digest
from support.redis import RedisError
from support.wait import wait_until

ROUNDS = 300 if os.environ.get("WEBSUBD_SLOW") else 6
HEALTHY, DOTTED = "http://publisher.example/healthy", "a.b.c"
VICTIM = "http://publisher.example/victim"
TD = digest(VICTIM)
PREFIX = "websub:{0}:"

# Of the shard, then of the topic.
KEYS = ("counts", "pending", "fanout", "position", "retry", "refs", "parts", "crashes", "bounds",
        "lease", "subs:", "gen", "suspended", "ahead", "horizon", "dead",
        "gaps", "changes", "wake", "pings", "rejected", "damaged",
        "verifications", "fetch", "fetching", "fetch_failures", "taken",
        "validations", "owner", "outbox", "bulk", "verify", "log", "posted:T",
        "tally:T", "topic:TD", "cursor:TD", "events:TD", "failing:TD:CD",
        "missed:TD:CD", "attempts:TD", "paced:TD", "parked:CD",
        "request:TD:CD:s", "sub:TD", "pulled", "departed", "pulls",
        "pull_seen", "held")
# Of the cluster as a whole.
CLUSTER_KEYS = ("instances", "heartbeats:hub", "heartbeats:spreader",
                "heartbeats:deliver", "removing", "removed", "restarts",
                "canary", "positions", "owner", "shards", "events")
# What gets a value that can't be read.
FIELDS = (("fanout", "9-9"), ("position", "id"), ("position", "n"),
          ("parts", "outbox 1-1"), ("crashes", "nonsense"), ("ahead", "log"),
          ("fetch_failures", "p x"), ("fetching", "p x"), ("owner", "epoch"),
          ("refs", "1-1"), ("counts", "s"), ("topic:TD", "n"), ("topic:TD", "denied"),
          ("cursor:TD", "CD"), ("attempts:TD", "CD"))
MEMBERS = (("retry", "nonsense"), ("retry", "d x"), ("retry", "v x"),
           ("retry", ""), ("fetch", "nonsense"), ("validations", "w x"),
           ("missed:TD:CD", "x"), ("lease", "x"), ("bounds", "x"),
           ("suspended", "x"), ("subs:", "x"), ("pulled", "x"))
STRINGS = (("gen",), ("horizon",), ("taken",), ("paced:TD",), ("posted:T",))
STREAMS = (("outbox",), ("bulk",), ("verify",), ("pings",), ("log",), ("dead",),
           ("gaps",), ("changes",), ("verifications",), ("rejected",),
           ("damaged",), ("events:TD",), ("departed",), ("held",))
GARBLED = (("garble_field", FIELDS), ("garble_member", MEMBERS),
           ("garble_string", STRINGS), ("garble_stream", STREAMS))
LOG_LINES = 60  # that one damage may cost all programs together


class Damage(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")
    settings = {"shards": 1, "suspend_after": 2, "probe_cap_ms": 200,
                "shard_lease_ms": 3000, "heartbeat_interval_ms": 500,
                "max_attempts": 1000,
                "undecodable_max_tries": 2}  # what is held goes within 5 s

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()
        self.healthy = {}
        for topic in (HEALTHY, DOTTED, "a.b", "*"):
            callback = self.subscriber.callback(f"/{len(self.healthy)}")
            self.healthy[topic] = callback
            self.system.activate(topic, callback)
        self.victim = self.subscriber.callback("/victim")
        self.ordered = self.subscriber.callback("/ordered")
        self.feed = self.system.publisher().topic("/feed")
        self.fetched = self.subscriber.callback("/fetched")
        self.system.activate(self.feed.url, self.fetched)
        self.failing = self.subscriber.callback("/failing")
        self.failing.default = 500
        self.pushed = 0
        self.subscribe_victims()

    def subscribe_victims(self):
        for callback in (self.victim, self.failing, self.ordered):
            if not self.record(callback):
                extra = [("hub.websubd.ordered", "true")]
                extra = extra if callback is self.ordered else ()
                wait_until(lambda c=callback, e=extra: self.hub.subscribe(
                    VICTIM, c.url, extra=e).status == 202, "it is accepted")
                self.system.wait_active(VICTIM, callback)

    def record(self, callback):
        return self.redis.call("HEXISTS", PREFIX + "sub:" + TD,
                               digest(callback.url))

    def name(self, key):
        """Of a key of the shard, as it is now."""
        parts = {"TD": TD, "CD": digest(self.failing.url),
                 "T": str(self.redis.now_ms())[:9]}
        if key.startswith("{c}:"):
            return "websub:" + key
        return PREFIX + ":".join(parts.get(part, part)
                                 for part in key.split(":"))

    def retype(self, key):
        """Replaces it by a key of another type, in one step: the programs go
        on."""
        name = self.name(key)
        if self.redis.call("TYPE", name) == b"list":
            self.redis.call("SET", name, "damage")
        else:
            self.redis.call_all([("DEL", name), ("RPUSH", name, "damage")])

    def garble_field(self, key, field):
        field = digest(self.failing.url) if field == "CD" else field
        self.redis.call("HSET", self.name(key), field, "\x00 garbled")

    def garble_member(self, key, member):
        self.redis.call("ZADD", self.name(key), 1, member)

    def garble_string(self, key):
        self.redis.call("SET", self.name(key), "garbled")

    def garble_stream(self, key):
        self.redis.call("XADD", self.name(key), "*", "garbled", "x")

    def push(self, *topics):
        """Each is accepted, if not at once."""
        self.pushed += 1
        body = b"%d" % self.pushed
        for topic in topics:
            wait_until(lambda t=topic: self.hub.push(t, body).status == 202,
                       f"{topic} is accepted")
        return body

    def has(self, callback, body):
        return any(d.body == body for d in list(callback.deliveries))

    def check_served(self, what, victims=()):
        """Everybody gets what is pushed from now on."""
        body = self.push(HEALTHY, DOTTED, VICTIM)
        self.feed.update(body)
        wait_until(lambda: self.hub.announce(self.feed.url).status == 204,
                   f"{self.feed.url} is announced, {what} being damaged")
        for callback in (*self.healthy.values(), self.fetched, *victims):
            wait_until(lambda c=callback: self.has(c, body),
                       f"{callback.url} is served, {what} being damaged")

    def lines(self):
        return sum(len(program.lines) for program in self.system.programs)

    def check(self, what, damage, *args):
        """Twice, as what is damaged may be needed after the first event."""
        victims = () if what == "sub:TD" else (self.victim, self.ordered)
        before = self.lines()
        damage(*args)
        self.check_served(what, victims)
        self.check_served(what, victims)
        self.assertTrue(all(p.running for p in self.system.programs), what)
        self.assertLess(self.lines() - before, LOG_LINES, what)
        self.subscribe_victims()

    def check_recovered(self):
        """The programs are well, and the one that failed has caught up."""
        self.failing.default = 204
        self.check_served("all", (self.victim, self.ordered, self.failing))
        for program in self.system.programs:
            wait_until(lambda p=program: p.status("/readyz")[0] == 200,
                       f"{program.name} is ready")

    def check_noted(self, *keys):
        """In the admin API; the metrics count."""
        rows = self.pages("/admin/damaged", "damaged", limit=200)
        noted = {row["key"] for row in rows}
        for key in keys:
            self.assertIn(self.name(key)[len(PREFIX):], noted)
        spreader = self.system.program("spreader")
        wait_until(lambda: spreader.metric("websubd_shards_damaged") > 0,
                   "the notes are counted")
        self.assertGreater(spreader.metric("websubd_redis_refused_total",
                                           '{reason="damage"}'), 0)

    def check_quiet(self):
        """Nobody sends Redis the same again and again."""
        def refused():
            return sum(program.metric("websubd_redis_refused_total",
                                      '{reason="damage"}')
                       for program in self.system.programs)
        before = refused()
        self.check_served("nothing")
        self.check_served("nothing")
        self.assertLessEqual(refused() - before, 2)


class EveryKey(Damage):
    def test_of_another_type(self):
        for key in KEYS:
            with self.subTest(key=key):
                self.check(key, self.retype, key)
        self.check_recovered()
        self.check_noted("outbox", "log", "owner", "topic:TD", "cursor:TD",
                         "sub:TD")
        self.check_quiet()

    def test_of_a_level(self):
        """The levels beside it are served."""
        lost = self.healthy.pop("a.b")
        for name in ("sub", "topic", "cursor", "events"):
            self.check(name, self.retype, f"{name}:{digest('a.b')}")
        self.assertIsNone(self.system.store.record("a.b", lost.url))
        self.system.activate("a.b", lost)
        self.check_served("nothing", (lost,))

    def test_of_the_cluster(self):
        """The processes are registered again, and own their shards."""
        for key in CLUSTER_KEYS:
            with self.subTest(key=key):
                self.check(key, self.retype, "{c}:" + key)
                self.check(key, self.retype, "owner")
        self.check_recovered()
        for key in ("instances", "positions"):
            wait_until(lambda k=key: self.redis.call(
                "TYPE", "websub:{c}:" + k) == b"hash", f"{key} is there again")
        wait_until(lambda: self.redis.call("HLEN", "websub:{c}:instances") == 3,
                   "all are registered")

    def test_with_a_value_that_can_not_be_read(self):
        for garble, cases in GARBLED:
            for case in cases:
                with self.subTest(garble=garble, case=case):
                    self.check(case, getattr(self, garble), *case)
        self.check_recovered()
        self.check_quiet()


class Uninterpretable(Damage):
    """While the health monitor looks more often than it is tried again."""

    settings = {**Damage.settings, "health_check_interval_s": 1,
                "cleanup_pause_ms": 100}

    def garble_event(self):
        """The next one of the ordered subscription."""
        event = self.redis.call("XADD", self.name("log"), "*", "garbled", "x")
        self.redis.call("XADD", self.name("events:TD"), event, "garbled", "x")

    def test_the_next_event_of_an_ordered_subscription(self):
        self.check("the event", self.garble_event)
        self.check_recovered()


class ByChance(Damage):
    """Several keys at once."""

    def damage_one(self, random):
        if random.random() < 0.5:
            key = random.choice([key for key in KEYS if key != "sub:TD"])
            self.retype(key)
            return key
        garble, cases = random.choice(GARBLED)
        case = random.choice(cases)
        try:
            getattr(self, garble)(*case)
        except RedisError:  # it is of another type already
            pass
        return garble, case

    def test_any_keys(self):
        seed = int(os.environ.get("WEBSUBD_SEED", time.time()))
        chance = random.Random(seed)
        for number in range(ROUNDS):
            with self.subTest(seed=seed, round=number):
                what = [self.damage_one(chance)
                        for _ in range(chance.randint(1, 5))]
                self.check(what, lambda: None)
        with self.subTest(seed=seed):
            self.check_recovered()


if __name__ == "__main__":
    unittest.main()
