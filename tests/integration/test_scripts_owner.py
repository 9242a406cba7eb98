"""The ownership of a shard: claim, extend, release and free; and what only the
owner may call."""

import sys
import unittest
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import (CD, LEASE_MS, TD, TOPIC, FullRedis,
                             ScriptTest)

ONE, TWO = ("one", 5), ("two", 5)


class OwnerTest(ScriptTest):
    """A shard that nobody has claimed."""

    def own_shard(self, *_):
        self.epoch = "0"

    def claim(self, owner=ONE, lease_ms=LEASE_MS):
        """The epoch, or None when it is another's."""
        mine, *said = self.run_script("claim", *owner, lease_ms)
        if mine == 1:
            return int(said[0])
        self.assertEqual(said[1].decode(), self.row()["name"])
        self.assertTrue(0 < int(said[0]) <= LEASE_MS)
        return None

    def extend(self, epoch, lease_ms=LEASE_MS):
        return int(self.run_script("extend", epoch, lease_ms))

    def release(self, epoch):
        return int(self.run_script("release", epoch))

    def free(self, name, incarnation):
        return int(self.run_script("free", name, incarnation))

    def row(self):
        return {name.decode(): value.decode()
                for name, value in self.hash("owner").items()}

    def lapse(self, ends_ms=1):
        """The lease is over."""
        self.call("HSET", "owner", "until", ends_ms)

    def fenced(self, act, *args):
        """It is refused, and nothing is changed."""
        def refused():
            with self.assertRaisesRegex(RedisError, "^FENCED "):
                act(*args)
        self.unchanged_by(refused)


class Claim(OwnerTest):
    def test_who_comes_first_owns_it(self):
        before = self.now_ms()
        epoch = self.claim(ONE, 5000)
        after = self.now_ms()
        self.assertTrue(before <= epoch <= after)
        row = self.row()
        self.assertTrue(before + 5000 <= int(row.pop("until"))
                        <= after + 5000)
        self.assertEqual(row, {"name": "one", "incarnation": "5",
                               "epoch": str(epoch)})
        self.assertIsNone(self.unchanged_by(lambda: self.claim(TWO)))

    def test_claimed_again_it_is_the_same_ownership(self):
        """As after a lost reply; the lease does not begin anew."""
        epoch = self.claim(ONE, 5000)
        self.assertEqual(self.unchanged_by(lambda: self.claim(ONE, 60000)),
                         epoch)

    def test_another_incarnation_is_somebody_else(self):
        self.claim(("one", 5))
        for incarnation in (4, 6):
            self.assertIsNone(self.unchanged_by(
                lambda n=incarnation: self.claim(("one", n))))

    def test_after_the_lease_anybody_may(self):
        epoch = self.claim(ONE)
        self.lapse()
        after = self.claim(TWO)
        self.assertTrue(after > epoch)
        self.assertEqual(self.row()["name"], "two")
        self.lapse()
        self.assertTrue(self.claim(TWO) > after)

    def test_an_epoch_that_redis_has_lost_is_not_given_out_again(self):
        """As by a failover to a replica that was behind."""
        self.claim(ONE)
        self.lapse()
        row = self.row()
        lost = self.claim(TWO)
        while self.now_ms() <= lost:
            pass
        self.call("DEL", "owner")
        self.call("HSET", "owner", *chain.from_iterable(row.items()))
        self.assertTrue(self.claim(ONE) > lost)
        self.fenced(self.extend, lost)

    def test_nor_is_one_when_the_clock_goes_back(self):
        epoch = self.claim(ONE) + 3600000
        self.call("HSET", "owner", "epoch", epoch, "until", 0)
        self.assertEqual(self.claim(TWO), epoch + 1)

    def test_the_last_ms_of_a_lease(self):
        epoch = self.claim(ONE, 1)
        while not (got := self.claim(TWO)):
            pass
        self.assertTrue(epoch < got <= self.now_ms())

    def test_a_lease_of_a_clock_that_went_wrong_does_not_count(self):
        epoch = self.claim(ONE)
        for ends_ms in (self.now_ms() + 2 * LEASE_MS, 2 ** 53):
            self.lapse(ends_ms)
            self.fenced(self.extend, epoch)
            before, epoch = epoch, self.claim(TWO)
            self.assertTrue(epoch > before)
            self.lapse(ends_ms)
            before, epoch = epoch, self.claim(ONE)
            self.assertTrue(epoch > before)

    def test_no_epoch_is_given_out_twice(self):
        """Whatever happened in between, also a FLUSHALL."""
        epochs = []
        for n in range(50):
            if n % 10 == 9:
                self.redis.call("FLUSHALL")
                while self.now_ms() <= epochs[-1]:
                    pass  # no shard changes hands each ms
            elif n % 3 == 0:
                self.lapse()
            elif n % 3 == 1:
                self.release(epochs[-1])
            else:
                self.free(*(ONE if n % 2 == 0 else TWO))
            epochs.append(self.claim(ONE if n % 2 else TWO))
        self.assertEqual(epochs, sorted(set(epochs)))


class Extend(OwnerTest):
    def test_it_lasts_longer(self):
        epoch = self.claim(ONE, 1000)
        before = self.now_ms()
        self.assertEqual(self.extend(epoch, 50000), epoch)
        self.assertTrue(before + 50000 <= int(self.row()["until"])
                        <= self.now_ms() + 50000)
        self.assertEqual(self.extend(epoch, 50000), epoch)

    def test_not_of_another_epoch(self):
        epoch = self.claim()
        for other in (epoch - 1, epoch + 1, 0, "", "x"):
            self.fenced(self.extend, other)

    def test_not_after_the_lease_though_nobody_has_claimed_it(self):
        epoch = self.claim()
        self.lapse()
        self.fenced(self.extend, epoch)

    def test_not_without_a_row(self):
        self.fenced(self.extend, 1)


class End(OwnerTest):
    def test_one_releases_what_is_ones_own(self):
        epoch = self.claim(ONE)
        for other in (epoch - 1, epoch + 1):
            self.assertEqual(self.unchanged_by(
                lambda e=other: self.release(e)), 0)
        self.assertEqual(self.release(epoch), epoch)
        self.assertEqual(self.row()["until"], "0")
        self.assertEqual(self.unchanged_by(lambda: self.release(epoch)), 0)
        self.fenced(self.extend, epoch)
        self.assertTrue(self.claim(TWO) > epoch)
        self.assertEqual(self.unchanged_by(lambda: self.release(epoch)), 0)

    def test_after_the_lease_there_is_nothing_to_release(self):
        epoch = self.claim()
        self.lapse()
        self.assertEqual(self.unchanged_by(lambda: self.release(epoch)), 0)

    def test_the_dead_lose_what_they_own(self):
        epoch = self.claim(("one", 5))
        for other in (("two", 5), ("two", 9), ("one", 4)):
            self.assertEqual(self.unchanged_by(
                lambda o=other: self.free(*o)), 0)
        self.assertEqual(self.free("one", 5), epoch)
        self.assertEqual(self.unchanged_by(lambda: self.free("one", 5)), 0)
        self.assertTrue(self.claim(TWO) > epoch)

    def test_also_what_an_earlier_incarnation_of_theirs_owned(self):
        epoch = self.claim(("one", 5))
        self.assertEqual(self.free("one", 9), epoch)

    def test_nothing_is_owned(self):
        for act in (lambda: self.free("one", 5), lambda: self.release(1)):
            self.assertEqual(self.unchanged_by(act), 0)


class Full(FullRedis, OwnerTest):
    def test_a_shard_changes_hands(self):
        epoch = self.claim(ONE)
        self.full()
        self.assertEqual(self.extend(epoch), epoch)
        self.assertEqual(self.release(epoch), epoch)
        second = self.claim(ONE)
        self.assertTrue(second > epoch)
        self.assertEqual(self.free(*ONE), second)
        self.assertTrue(self.claim(TWO) > second)


class Fenced(ScriptTest):
    """What only the owner may call, on a shard with work of every kind."""

    def setUp(self):
        super().setUp()
        self.call("RPUSH", "health_items", "item")
        self.subscribe(*(f"{n:022d}" for n in range(101)))
        self.is_open, self.next = self.event(), self.event()
        self.post_page(self.is_open)
        self.announce(TOPIC, TOPIC + "/other")
        self.taken = self.as_owner("take", 1, 1, 0)[1]
        self.call("HSET", f"request:{TD}:{CD}:s", "g", 7, "t", TOPIC)
        self.call("HSET", "fetching", f"w {TD}:{CD}:s 7 {TOPIC}",
                  f"{int(self.epoch)}-1")
        self.ping = self.call("XADD", "pings", "*", "v", 1, "t", TOPIC)
        self.call("ZADD", "retry", 1, f"d {self.is_open} {CD} 1 0")
        self.call("ZADD", "lease", 1, "")
        self.run_script("replay_add", "r", TOPIC, TD, "", "", "0-0", "-", "",
                        "", 1)
        self.call("ZADD", "pulls", 0, "gone")
        self.call("ZADD", "pull_seen", 1, "gone")

    def calls(self):
        """Each script with arguments that change something."""
        return {
            "begin": (self.is_open, 60000, self.next, TOPIC, "", 1, TD),
            "page": (self.is_open, 10, 100000, TD),
            "take": (2, 9, 9),
            "postpone": (1, self.taken, 1000, ""),
            "fetch_state": (1000, TD, TOPIC),
            "fetched": (1, TD, TOPIC, "content", 200, "", "", "", "d", "t", "b",
                        "", "", 0, -1, "", 0, "", ""),
            "validated": (TD, CD, 7, TOPIC, "valid", "", 0, 0, 1),
            "announced": (self.ping, TOPIC, TD),
            "reject": ("log", self.next, "why", self.is_open),
            "promote": (9, 5),
            "hold": ("log", self.next, "why", 5, self.is_open),
            "pull_expire": (9,),
            "replay_page": (9,),
            "sweep": (60000, 60000, 9),
            "resume": (),
            "extend": (60000,),
            "alerts": ("events", 100, 1000, 90000, 5000, "gap", "", "one"),
            "alert_notices": ("topic", "", 16),
            "site_put": ("events", 100, "west", "http://w/", "one", "h:1"),
            "health_note": ("events", 10, "report", 1, 0, 3, 5000),
            "health_orders": ("item", "", "", 0),
        }

    def check_fenced(self, epoch):
        for name, words in self.calls().items():
            with self.subTest(script=name):
                def refused():
                    with self.assertRaisesRegex(RedisError, "^FENCED "):
                        self.run_script(name, epoch, *words)
                self.unchanged_by(refused)

    def test_the_owner_may_call_each(self):
        for name in self.calls():
            with self.subTest(script=name):
                self.setUp()
                if name == "replay_page":  # which goes behind open events
                    self.call("DEL", "fanout")
                before = self.redis.digests()
                self.as_owner(name, *self.calls()[name])
                self.assertNotEqual(self.redis.digests(), before)

    def test_they_are_all_that_are_refused(self):
        """By the lib that refuses."""
        self.assertEqual(
            {name for name, text in self.texts.items()
             if "local function check_owner" in text}, set(self.calls()))

    def test_another_epoch(self):
        for epoch in (int(self.epoch) - 1, int(self.epoch) + 1, 0, "", "x"):
            self.check_fenced(epoch)

    def test_the_owner_before(self):
        stale = self.epoch
        self.run_script("release", stale)
        self.own_shard(("another", 1))
        self.check_fenced(stale)

    def test_a_lease_that_is_over(self):
        self.call("HSET", "owner", "until", self.now_ms())
        self.check_fenced(self.epoch)

    def test_a_lease_of_a_clock_that_went_wrong(self):
        self.call("HSET", "owner", "until", self.now_ms() + 10 * LEASE_MS)
        self.check_fenced(self.epoch)

    def test_no_row(self):
        self.call("DEL", "owner")
        self.check_fenced(self.epoch)


if __name__ == "__main__":
    unittest.main()
