"""shard_status: how far a shard is, by the keys of its scripts."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CD, ScriptTest

NAMES = ("owner", "incarnation", "epoch", "lease_ms", "position", "begun",
         "lag", "open", "bulk", "outbox", "oldest_ms")
NOTHING = {"owner": None, "incarnation": 0, "epoch": 0, "lease_ms": 0,
           "position": None, "begun": 0, "lag": 0, "open": 0, "bulk": 0,
           "outbox": 0, "oldest_ms": -1}


def read(value):
    if isinstance(value, bytes):
        value = value.decode()
        return int(value) if value.isdigit() else value
    return value


class ShardStatus(ScriptTest):
    def status(self):
        row = self.unchanged_by(lambda: self.run_script("shard_status"))
        self.assertEqual(len(row), len(NAMES))
        return dict(zip(NAMES, map(read, row)))

    def check(self, **expected):
        found = self.status()
        self.assertEqual({name: found[name] for name in expected}, expected)
        return found

    def own(self, left_ms, name="s1"):
        self.call("HSET", "owner", "name", name, "incarnation", 5, "epoch",
                  1795276380946, "until", self.now_ms() + left_ms)

    def place(self, event, n):
        self.call("HSET", "position", "id", event, "n", n)

    def age(self, event):
        return self.now_ms() - int(event.split("-")[0])

    def check_age(self, event):
        age = self.status()["oldest_ms"]
        self.assertTrue(0 <= age <= self.age(event), age)
        return age

    def test_nothing(self):
        self.call("DEL", "owner")
        self.assertEqual(self.status(), NOTHING)
        self.redis.call("FLUSHALL")
        self.assertEqual(self.status(), NOTHING)

    def test_an_owner(self):
        self.own(30000)
        found = self.check(owner="s1", incarnation=5, epoch=1795276380946)
        self.assertTrue(0 < found["lease_ms"] <= 30000, found)

    def test_an_ownership_that_is_over_is_nobodys(self):
        for left_ms in (-1, 10 ** 9):  # the second one of a wrong clock
            self.own(left_ms)
            self.assertEqual(self.status(), NOTHING)
        self.call("HSET", "owner", "until", 0)
        self.assertEqual(self.status(), NOTHING)

    def test_lag_is_what_has_not_begun(self):
        events = [self.event() for _ in range(5)]
        self.check(lag=5, begun=0, position=None)
        self.check_age(events[0])
        self.place(events[1], 2)
        self.check(lag=3, begun=2, position=events[1])
        self.assertLessEqual(self.status()["oldest_ms"], self.age(events[2]))
        self.place(events[4], 5)
        self.check(lag=0, oldest_ms=-1)

    def test_events_that_have_left_count_as_begun(self):
        events = [self.event() for _ in range(5)]
        self.place(events[2], 3)
        self.call("XTRIM", "log", "MINID", events[2])
        self.check(lag=2)
        self.call("XTRIM", "log", "MAXLEN", 0)
        self.check(lag=2, oldest_ms=-1)

    def test_a_position_beyond_the_log_is_no_lag(self):
        self.event()
        self.place("9999999999999-0", 0)
        self.check(lag=0, oldest_ms=-1)
        self.place("9999999999999-0", 900)
        self.call("DEL", "log")
        self.check(lag=0, begun=900, oldest_ms=-1)

    def test_a_count_that_is_too_high_is_no_lag_below_zero(self):
        self.event()
        self.place("1-1", 900)
        self.check(lag=0)

    def test_the_oldest_is_the_oldest_open_event(self):
        now = self.now_ms()
        self.event()
        self.call("HSET", "fanout", f"{now - 1000}-5", "x",
                  f"{now - 60000}-10", "x", f"{now - 60000}-9", "x",
                  "garbage", "x")
        found = self.check(open=4)
        self.assertTrue(60000 <= found["oldest_ms"] < 120000, found)

    def test_an_event_of_a_clock_that_was_ahead_is_not_younger_than_now(self):
        self.call("HSET", "fanout", f"{self.now_ms() + 100000}-0", "x")
        self.check(oldest_ms=0)

    def test_lanes_count_what_nobody_has_read(self):
        for lane in ("bulk", "outbox"):
            for _ in range(5):
                self.call("XADD", lane, "*", "e", "1-1", "c", CD)
        self.check(bulk=5, outbox=5)
        self.read("bulk", count=2)
        self.read("outbox", count=5)
        self.check(bulk=3, outbox=0)

    def test_lanes_without_group_or_lag_count_all(self):
        for _ in range(5):
            last = self.call("XADD", "bulk", "*", "e", "1-1", "c", CD)
        self.call("XGROUP DESTROY", "bulk", "deliver")
        self.check(bulk=5)
        self.call("XGROUP CREATE", "bulk", "deliver", last)
        self.call("XDEL", "bulk", self.entries("bulk")[1][0])
        self.check(bulk=0)
        self.call("XGROUP SETID", "bulk", "deliver",
                  self.entries("bulk")[1][0])
        self.check(bulk=4)  # Redis does not know the lag any more


class Leader(ScriptTest):
    def test_who_it_is(self):
        self.call("DEL", "owner")
        self.assertIsNone(self.run_script("leader"))
        self.call("HSET", "owner", "name", "s1", "incarnation", 5, "epoch", 9,
                  "until", self.now_ms() + 30000)
        *who, left = self.unchanged_by(lambda: self.run_script("leader"))
        self.assertEqual(who, [b"s1", b"5", b"9"])
        self.assertTrue(0 < int(left) <= 30000)
        self.call("HSET", "owner", "until", 0)
        self.assertIsNone(self.run_script("leader"))


class InstanceList(ScriptTest):
    def test_nobody(self):
        now, *rows = self.run_script("instance_list")
        self.assertLess(abs(int(now) - self.now_ms()), 5000)
        self.assertEqual(rows, [[], [], [], []])

    def test_everybody(self):
        self.call("HSET", "instances", "h", "{}", "s", "x")
        self.call("ZADD", "heartbeats:hub", 1795276380946, "h")
        self.call("ZADD", "heartbeats:deliver", 7, "d")
        _, *rows = self.unchanged_by(
            lambda: self.run_script("instance_list"))
        self.assertEqual(rows, [[b"h", b"{}", b"s", b"x"],
                                [b"h", b"1795276380946"], [], [b"d", b"7"]])


if __name__ == "__main__":
    unittest.main()
