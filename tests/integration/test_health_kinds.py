"""What is wrong, of each kind: it is found, mended, and the system goes on.

All topics are in one shard.  Each thing is planted while nothing is mended; then
the report has it, the mending is switched on, and it goes."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.health import HealthTest
from support.keys import digest
from support.scripts import host_id
from support.wait import wait_until

TOPIC, DOTTED = "http://publisher.example/topic", "a.b"
TD = digest(TOPIC)
GONE_TD, GONE_CD = "t" * 22, "c" * 22
GONE = f"{GONE_TD}:{GONE_CD}"
SOON = int(time.time() * 1000) + 300000  # below the longest delay
SOON_S = SOON // 1000

# What nothing accounts for: command, key, rest, and where it is found with which
# action.  A member of None is the whole key.
ORPHANS = (
    ("HSET", f"attempts:{GONE_TD}", (GONE_CD, "x"), GONE_CD, "drop-member"),
    ("HSET", "cursor:cursor", (GONE_CD, "1 idle 0-0 0 1 - -"), GONE_CD,
     "end-cursor"),
    ("ZADD", "missed:missed:x", (0, "x"), None, "drop"),
    ("HSET", f"failing:{GONE}", ("1-1", "d 1-1 x 1 0"), None, "drop"),
    ("ZADD", "suspended", (SOON, "suspended:x"), "suspended:x",
     "drop-member"),
    ("ZADD", "paused", (SOON, "paused:x"), "paused:x", "drop-member"),
    ("ZADD", "retry", (SOON, "d 1-1 " + GONE_CD + " 1 0"),
     "d 1-1 " + GONE_CD + " 1 0", "drop-job"),
    ("ZADD", "retry", (SOON, f"f {GONE_TD} {GONE_CD} 1 0 0"),
     f"f {GONE_TD} {GONE_CD} 1 0 0", "drop-member"),
    ("ZADD", "retry", (SOON, "h nowhere"), "h nowhere", "drop-member"),
    ("ZADD", "retry", (SOON, f"v {GONE}:s 1 0"), f"v {GONE}:s 1 0",
     "drop-member"),
    ("RPUSH", "parked:nobody", (f"d 1-1 {GONE_CD} 1 0",), None, "plan-parked"),
    ("ZADD", "retry", (SOON, "u 5-5"), "u 5-5", "drop-member"),
    ("XADD", "held", ("*", "v", 1, "from", "retry", "n", 1, "why", "w", ".m",
                      "h nobody"), None, "plan-held"),
    ("HSET", "kept:2-2", ("t", TOPIC), None, "drop"),
    ("HSET", "fetching", ("p http://a.example/", "5-1"), "p http://a.example/",
     "fetch-again"),
    ("HSET", "fetch_failures", ("p http://b.example/", "1"),
     "p http://b.example/", "drop-member"),
    ("ZADD", "validations", (SOON, f"w {GONE}:s 1 {TOPIC}"),
     f"w {GONE}:s 1 {TOPIC}", "drop-member"),
    ("HSET", "fanout", ("1-1", f"- {TOPIC}"), "1-1", "drop-member"),
    ("ZADD", "pending", (SOON_S, f"{GONE}:s h c"), f"{GONE}:s h c",
     "end-pending"),
    ("HSET", f"request:{GONE}:u", ("v", "1", "g", "1", "t", TOPIC, "c",
                                   "http://a.example/", "w", "h c"), None,
     "let-lapse"),
    ("HSET", f"topic:{GONE_TD}", ("t", TOPIC), None, "let-lapse"),
    ("HSET", "replay:lost", ("s", "running"), None, "drop"),
    ("ZADD", "replaying", (0, "none"), "none", "drop-member"),
    ("ZADD", "retained", (SOON, "5-5"), "5-5", "drop-member"),
    ("ZADD", "bounds", (0, f"{GONE_TD}:bound"), f"{GONE_TD}:bound",
     "drop-member"),
    ("ZADD", "lease", (9e9, f"{GONE_TD}:lease"), f"{GONE_TD}:lease",
     "drop-member"),
)
CORRUPT = (
    ("ZADD", "subs:", (0, "no:sub"), "no:sub", "end-subscription"),
    ("ZADD", "subs:", (0, "nonsense"), "nonsense", "drop-member"),
    ("ZADD", f"subs:{GONE_TD}:lost", (0, "lost:sub"), None, "index-leaf"),
    ("HSET", f"sub:{TD}", (GONE_CD, "garbage"), GONE_CD, "end-subscription"),
    ("HSET", f"sub:{GONE_TD}",
     (GONE_CD, "1 9999999999 3600 1 - http://127.0.0.1:9/ -"), GONE_CD,
     "index"),
    ("HSET", f"cursor:{TD}", ("x" * 22, "garbage"), "x" * 22, "end-cursor"),
    ("ZADD", "retry", (SOON, "nonsense"), "nonsense", "drop-member"),
    ("ZADD", "fetch", (SOON, "nonsense"), "nonsense", "drop-member"),
    ("SET", "idem:key", ("1-1",), None, "expire"),
    ("SET", "paced:" + GONE_TD, ("1 1",), None, "expire"),
    ("HSET", "tally:123456789", ("x", "1"), None, "expire"),
    ("SET", "horizon", ("garbage",), None, "drop"),
    ("SET", "swept", ("garbage",), None, "drop"),
    ("ZADD", "retained", (SOON, "nonsense"), "nonsense", "drop-member"),
    ("HSET", "replay:ended", ("s", "done"), None, "expire"),
    ("HSET", "ahead", ("log", "garbage"), "log", "drop-member"),
    ("HSET", "hosts:abc", ("x", "garbage"), "x", "drop-member"),
    ("RPUSH", "departed", ("x",), None, "move"),
    ("HSET", f"request:{GONE}:s", ("g", "garbage"), None, "drop-request"),
    ("HSET", "pull:nobody", ("v", "1"), None, "drop-pull"),
    ("ZADD", "pulls", (0, "lost"), "lost", "drop-pull"),
    ("HSET", "refs", ("1-1", "3"), "1-1", "count"),
    ("HSET", "counts", ("h:0123456789abcdef", "3"), "h:0123456789abcdef",
     "count"),
    ("HSET", "counts", ("a:0123456789abcdef", "3"), "a:0123456789abcdef",
     "count"),
)
CLUSTER = (
    ("HSET", "restarts", ("ghost", "1"), "ghost", "drop-member"),
    ("HSET", "shards", ("77", "ghost 1 1"), "77", "drop-member"),
    ("HSET", "shards", ("x", "ghost 1 1"), "x", "drop-member"),
    ("HSET", "removing", ("ghost", "garbage"), "ghost", "drop-member"),
    ("HSET", "instances", ("garbled", "garbage"), "garbled", "drop-member"),
)


class Kinds(HealthTest):
    settings = {**HealthTest.settings, "shards": 1, "suspend_after": 2,
                "probe_cap_ms": 600000, "retry_cap_ms": 600000}

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()
        self.callbacks = {}
        for topic in (TOPIC, DOTTED, "*"):
            callback = self.subscriber.callback(f"/{len(self.callbacks)}")
            self.system.activate(topic, callback)
            self.callbacks[topic] = callback
        self.pushed = 0
        self.switch(False)

    def check_served(self):
        """An event of each topic arrives once at each of its callbacks."""
        self.pushed += 1
        body = b"event %d" % self.pushed
        for topic in (TOPIC, DOTTED):
            self.system.push(topic, body)
        self.system.wait_idle()
        for callback in self.callbacks.values():
            self.assertEqual([d.body for d in callback.deliveries
                              if d.body == body], [body], callback.url)

    def check_planted(self, plants, shard="0", prefix="websub:{0}:"):
        for command, key, rest, _, _ in plants:
            self.redis.call(command, prefix + key, *rest)
        self.check()
        noted = self.noted()
        for _, key, _, member, action in plants:
            with self.subTest(key=key, member=member):
                self.assertEqual(noted.get((shard, key, member or "")), action)
        self.switch(True)
        self.check()
        self.wait_mended()
        report = self.check()
        self.assertEqual(report["summary"], "all is well", report)

    def test_what_nothing_accounts_for(self):
        self.check_planted(ORPHANS)
        self.system.wait_idle()
        self.check_served()

    def test_what_can_not_be_read_or_does_not_add_up(self):
        self.check_planted(CORRUPT)
        self.check_served()

    def test_of_the_cluster(self):
        self.check_planted(CLUSTER, "c", "websub:{c}:")
        self.check_served()


if __name__ == "__main__":
    unittest.main()
