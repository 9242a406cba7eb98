"""The scripts of pull subscriptions, each by itself: what is in Redis, when it
is raced, repeated, damaged, and when the clock goes wrong.  What their results
mean is shown by test_pull_store.py."""

import random
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import Client, Redis, RedisError
from support.scripts import FullRedis, LEASE_MS, PREFIX, ScriptTest

SHARDS = 8
HELD_MS = 5000
HOUR_MS = 3600 * 1000
TTL_S = 60
ID = "app one:{x}:\u00e4"
SEEN_MS = 31 * 24 * HOUR_MS  # the longest


class PullTest(ScriptTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.redis.close()
        cls.redis = Redis(clock=True)
        cls.addClassCleanup(cls.redis.close)

    def setUp(self):
        self.ahead_s = 0
        self.redis.set_clock(0)
        super().setUp()

    def pass_time(self, seconds):
        self.ahead_s += seconds
        self.redis.set_clock(self.ahead_s)

    def word(self, name, *args):
        return self.run_script(name, *args).decode()

    def add(self, name=ID, topics="a b", ttl=TTL_S, ack=0,
            cursors="0-10-0 3-30-0", most=0, others=0):
        return self.word("pull_add", name, SHARDS, topics, ttl, ack, cursors,
                         most, others)

    def remove(self, name=ID):
        return self.word("pull_remove", name, SHARDS)

    def update(self, topics=None, cursors="", ttl=0, name=ID):
        changes = (0,) if topics is None else (1, topics, cursors)
        return self.word("pull_update", name, SHARDS, ttl, *changes)

    def begin(self, token="one", wait_ms=1000, again=0, after=("",),
              name=ID):
        """The word, and with done also cursors and number."""
        word, *rest = self.run_script("pull_begin", name, SHARDS, token,
                                      wait_ms, again, HELD_MS, *after)
        if word != b"done":
            return word.decode()
        return "done", rest[3].decode(), rest[4]

    def take(self, token, number, cursors="0-11-0 3-30-0", name=ID):
        return self.word("pull_take", name, SHARDS, token, number, HELD_MS,
                         cursors)

    def end(self, token, number, cursors="-", name=ID):
        return self.word("pull_end", name, SHARDS, token, number, cursors)

    def expire(self, most=100):
        """How many ended, how many there are, ms until the next."""
        self.own_shard()
        return self.as_owner("pull_expire", most)

    def number(self):
        return int(self.call("HGET", f"pull:{ID}", "n"))

    def ids(self, key="pulls"):
        return [name.decode() for name in self.call("ZRANGE", key, 0, -1)]

    def lasts_ms(self, name=ID):
        """Until it ends unless it is seen again."""
        score = self.call("ZSCORE", "pull_seen", name)
        return score and int(float(score)) - self.redis.now_ms()

    def check_lasts(self, seconds, name=ID):
        """To the second, in which a test may be slow."""
        self.assertAlmostEqual(self.lasts_ms(name) / 1000, seconds, delta=0.9)

    def check_nothing_is_left(self):
        left = [key for key in self.redis.keys() if b":pull" in key]
        self.assertEqual(left, [])

    def notes(self):
        return [fields[b"key"].decode()
                for _, fields in self.entries("damaged")]


class Adding(PullTest):
    def test_it_is_in_three_keys(self):
        self.assertEqual(self.add(), "done")
        record = self.hash(f"pull:{ID}")
        number = int(record.pop(b"n"))
        self.assertAlmostEqual(number, self.redis.now_ms(), delta=900)
        self.assertEqual(record, {b"v": b"1", b"t": b"a b", b"ttl": b"60",
                                  b"c": b"0-10-0 3-30-0"})
        self.assertEqual(self.ids(), [ID])
        self.check_lasts(TTL_S)

    def test_with_explicit_ack_nothing_counts_as_handed_out(self):
        self.add(ack=1)
        record = self.hash(f"pull:{ID}")
        self.assertEqual((record[b"ack"], record[b"h"]),
                         (b"1", b"0-10-0 3-30-0"))

    def test_a_second_one_changes_nothing(self):
        self.add()
        self.assertEqual(self.unchanged_by(lambda: self.add(topics="c")),
                         "exists")

    def test_of_a_hundred_at_the_same_time_one_is_done(self):
        said = []

        def add():
            client = Client(self.redis.socket_path)
            said.append(client.call(
                "EVAL", self.texts["pull_add"], 1, PREFIX, ID, SHARDS, "a",
                TTL_S, 0, "", 0, 0))
            client.close()
        threads = [threading.Thread(target=add) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(said), [b"done"] + [b"exists"] * 99)

    def test_no_more_than_the_most(self):
        for number, word in enumerate(("done", "done", "done", "full")):
            self.assertEqual(self.add(f"n{number}", most=5, others=2), word)
        self.assertEqual(self.add("n0", most=5, others=2), "exists")
        self.assertEqual(self.add("n4"), "done")
        self.remove("n0")
        self.remove("n1")
        self.assertEqual(self.add("n5", most=5, others=2), "done")

    def test_the_first_one_of_a_shard_wakes_the_owner(self):
        self.assertFalse(self.exists("wake"))
        self.add("a")
        first = self.entries("wake")
        self.add("b")
        self.assertEqual(self.entries("wake"), first)
        self.assertEqual(len(first), 1)

    def test_removing_leaves_nothing(self):
        self.add()
        self.begin()
        self.assertEqual(self.remove(), "done")
        self.check_nothing_is_left()
        self.assertEqual(self.unchanged_by(self.remove), "unknown")

    def test_what_is_left_of_a_removed_one_is_none_of_the_next(self):
        self.add()
        _, _, number = self.begin()
        self.take("one", number)
        self.remove()
        self.pass_time(1)
        self.add()
        self.assertEqual(self.end("one", number + 1, "0-11-0 3-30-0"), "moved")
        self.assertEqual(self.take("one", number + 1), "moved")
        self.assertEqual(self.begin()[1], "0-10-0 3-30-0")


class Repeated(PullTest):
    def test_a_begin_replaces_its_own_request(self):
        self.add()
        self.begin("one", 1000)
        self.begin("two", 2000)
        self.begin("one", 3000)
        waits = self.hash(f"pull:{ID}")[b"w"].decode().split()
        self.assertEqual([wait.split(":")[0] for wait in waits],
                         ["two", "one"])
        self.check_lasts(TTL_S + 3)

    def test_a_take_has_moved(self):
        self.add()
        _, _, number = self.begin()
        self.assertEqual(self.take("one", number), "done")
        self.assertEqual(self.unchanged_by(lambda: self.take("one", number)),
                         "moved")

    def test_an_end_changes_no_more(self):
        self.add()
        _, _, number = self.begin()
        self.take("one", number)
        ends = [self.end("one", number + 1, "0-11-0 3-31-0")
                for _ in range(2)]
        self.assertEqual(ends, ["done", "done"])
        self.assertEqual(self.begin()[1:], ("0-11-0 3-31-0", number + 1))

    def test_an_update_has_another_number(self):
        self.add()
        number = self.number()
        for n in range(1, 3):
            self.assertEqual(self.update("b c", "3-99-0 5-50-0"), "done")
            self.assertEqual(self.begin()[1:], ("3-30-0 5-50-0", number + n))

    def test_what_there_is_not_is_unknown_and_leaves_nothing(self):
        for act in (self.remove, lambda: self.update("a"), self.begin,
                    lambda: self.take("one", 0),
                    lambda: self.end("one", 0, "0-1-0")):
            self.assertEqual(self.unchanged_by(act), "unknown")


class LastSeen(PullTest):
    def setUp(self):
        super().setUp()
        self.add()

    def test_it_ends_when_it_was_not_seen_for_its_ttl(self):
        self.pass_time(TTL_S - 5)
        ended, left, next_ms = self.expire()
        self.assertEqual((ended, left), (0, 1))
        self.assertAlmostEqual(next_ms, 5000, delta=900)
        self.pass_time(6)
        self.assertEqual(self.expire(), [1, 0, -1])
        self.check_nothing_is_left()
        self.assertEqual(self.begin(), "unknown")

    def test_whatever_is_done_with_it_it_is_seen(self):
        for act, seconds in ((self.begin, TTL_S + 1),
                             (lambda: self.end("one", 0), TTL_S),
                             (lambda: self.update("c", ""), TTL_S),
                             (lambda: self.update(ttl=90), 90)):
            self.pass_time(20)
            act()
            self.check_lasts(seconds)

    def test_requests_that_wait_may_end_in_any_order(self):
        chosen = random.Random(5)
        for _ in range(20):
            self.remove()
            self.add()
            waits = {f"t{n}": chosen.randrange(1, 100)
                     for n in range(chosen.randrange(1, 8))}
            order = list(waits)
            for token in order:
                self.begin(token, waits[token] * 1000)
            self.check_lasts(TTL_S + max(waits.values()))
            chosen.shuffle(order)
            for token in order:
                self.end(token, 0)
                del waits[token]
                self.check_lasts(TTL_S + max(waits.values(), default=0))
            self.assertNotIn(b"w", self.hash(f"pull:{ID}"))

    def test_one_that_waits_outlasts_its_ttl(self):
        self.begin("one", 10 * TTL_S * 1000)
        self.pass_time(5 * TTL_S)
        self.begin("two", 1000)
        self.end("two", 0)
        self.assertEqual(self.expire()[:2], [0, 1])
        self.check_lasts(6 * TTL_S)

    def test_of_a_process_that_died_nothing_stays(self):
        self.begin("dead", 10000)
        self.pass_time(11)
        self.begin("two", 1000)
        self.assertEqual(self.hash(f"pull:{ID}")[b"w"].split(b":")[0], b"two")
        self.end("two", 0)
        self.check_lasts(TTL_S)

    def test_the_sixteen_that_end_last_are_noted(self):
        for n in range(20):
            self.begin(f"t{n}", (n * 7 % 20 + 1) * 1000)
        waits = self.hash(f"pull:{ID}")[b"w"].decode().split()
        self.assertEqual({int(wait.split(":")[0][1:]) * 7 % 20
                          for wait in waits}, set(range(4, 20)))
        self.check_lasts(TTL_S + 20)

    def test_one_that_is_seen_at_its_end_stays_whoever_is_first(self):
        self.pass_time(TTL_S + 1)
        self.begin()
        self.assertEqual(self.expire()[:2], [0, 1])
        self.pass_time(TTL_S + 2)
        self.assertEqual(self.expire()[:2], [1, 0])

    def test_as_many_as_are_asked_for_end_at_once(self):
        for n in range(5):
            self.add(f"n{n}")
        self.pass_time(TTL_S + 1)
        self.assertEqual([self.expire(2)[:2] for _ in range(4)],
                         [[2, 4], [2, 2], [2, 0], [0, 0]])

    def test_only_the_owner_ends_any(self):
        stale = self.epoch
        self.pass_time(LEASE_MS // 1000 + 1)
        self.own_shard(("spreader-2", 1))

        def expire():
            with self.assertRaisesRegex(RedisError, "FENCED"):
                self.run_script("pull_expire", stale, 100)
        self.unchanged_by(expire)

    def test_of_several_that_look_at_once_each_end_is_told_once(self):
        for n in range(200):
            self.add(f"n{n}")
        self.pass_time(TTL_S + 1)
        self.own_shard()
        told = []

        def look():
            client = Client(self.redis.socket_path)
            for _ in range(20):
                told.append(client.call("EVAL", self.texts["pull_expire"], 1,
                                        PREFIX, self.epoch, 7)[0])
            client.close()
        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(told), 201)
        self.check_nothing_is_left()


class WrongClock(PullTest):
    def setUp(self):
        super().setUp()
        self.add()

    def pull_in(self):
        return self.run_script("pull_in", 60000, 100, SEEN_MS)[1]

    def test_an_end_that_is_too_far_ahead_is_brought_back(self):
        self.add("other")
        self.call("ZADD", "pull_seen", self.redis.now_ms() + 10 * SEEN_MS, ID)
        self.assertEqual(self.pull_in(), 1)
        self.check_lasts(TTL_S)
        self.check_lasts(TTL_S, "other")
        self.assertEqual(self.pull_in(), 0)

    def test_a_request_of_then_does_not_count(self):
        self.pass_time(3 * 3600)
        self.begin("one", 1000)
        self.pass_time(-3 * 3600)
        self.begin("two", 2000)
        self.check_lasts(TTL_S + 2)
        self.end("two", 0)
        self.check_lasts(TTL_S)

    def test_what_was_held_then_is_free(self):
        self.pass_time(3 * 3600)
        _, _, number = self.begin("one")
        self.take("one", number)
        self.assertEqual(self.begin("two"), "busy")
        self.pass_time(-3 * 3600)
        self.assertEqual(self.begin("two")[:2], ("done", "0-10-0 3-30-0"))

    def test_back_in_time_nothing_ends(self):
        self.pass_time(-3 * 3600)
        self.assertEqual(self.expire()[:2], [0, 1])
        self.begin()
        self.end("one", 0)
        self.check_lasts(TTL_S)


class Acknowledging(PullTest):
    """With explicit ack, over three shards."""

    LARGEST = 18446744073709551615

    def handed(self, cursors, received="0-0-0 3-0-0 5-0-0"):
        self.remove()
        self.add(ack=1, cursors=received)
        _, _, number = self.begin()
        self.assertEqual(self.take("one", number, cursors), "done")

    def after(self, shard, ms, seq):
        before = (f"{ms}-{seq - 1}" if seq > 0 else
                  f"{ms - 1}-{self.LARGEST}" if ms > 0 else "0-0")
        return shard, f"{ms}-{seq}", before

    def cursors(self, *after, again=0):
        return self.begin(after=self.after(*after) if after else ("",),
                          again=again)[1]

    def test_what_is_not_after_the_event_is_received(self):
        for after, cursors in (
                ((3, 50, 2), "0-50-2 3-50-2 5-50-1"),
                ((0, 50, 2), "0-50-2 3-50-1 5-50-1"),
                ((5, 50, 0), "0-50-0 3-50-0 5-50-0"),
                ((0, 50, 0), f"0-50-0 3-49-{self.LARGEST} 5-49-{self.LARGEST}"),
                ((5, 90, 0), "0-70-0 3-80-0 5-90-0"),
                ((5, 99, 0), "0-70-0 3-80-0 5-90-0"),
                ((4, 75, 0), f"0-70-0 3-75-0 5-74-{self.LARGEST}"),
                ((0, 0, 0), "0-0-0 3-0-0 5-0-0"),
                ((), "0-0-0 3-0-0 5-0-0")):
            with self.subTest(after=after):
                self.handed("0-70-0 3-80-0 5-90-0")
                self.assertEqual(self.cursors(*after), cursors)
                self.assertEqual(self.cursors(), cursors)
                self.assertEqual(self.cursors(0, 0, 0), cursors)

    def test_in_every_order_the_last_one_counts(self):
        events = [(shard, ms, 0) for shard in (0, 3, 5) for ms in (10, 20)]
        for seed in range(30):
            chosen = random.Random(seed)
            self.handed("0-20-0 3-20-0 5-20-0")
            last = (0, 0, 0)
            for shard, ms, seq in chosen.sample(events, 4):
                got = self.cursors(shard, ms, seq)
                last = max(last, (ms, seq, shard))
            for word in got.split():
                shard, ms, seq = map(int, word.split("-"))
                self.assertLessEqual((ms, seq, shard), last)
                for event_shard, event_ms, event_seq in events:
                    if (event_shard == shard and
                            (event_ms, event_seq, shard) <= last):
                        self.assertGreaterEqual((ms, seq),
                                                (event_ms, event_seq))

    def test_again_starts_behind_what_was_handed_out(self):
        self.handed("0-70-0 3-80-0 5-90-0")
        self.assertEqual(self.cursors(again=1), "0-70-0 3-80-0 5-90-0")
        self.assertEqual(self.cursors(), "0-0-0 3-0-0 5-0-0")

    def test_without_explicit_ack_nothing_is_acknowledged(self):
        self.add()
        self.assertEqual(self.begin(after=self.after(5, 99, 0), again=1)[1],
                         "0-10-0 3-30-0")

    def test_numbers_of_64_bits_are_compared_as_such(self):
        large = f"{self.LARGEST}-{self.LARGEST}"
        self.handed(f"0-{large} 3-9007199254740993-1 5-9-9",
                    received="0-9-9 3-9007199254740992-2 5-10-0")
        self.assertEqual(self.cursors(3, 9007199254740993, 0),
                         "0-9007199254740993-0 3-9007199254740993-0 5-10-0")


class Damage(PullTest):
    ACTS = {
        "add": lambda test: test.add(),
        "remove": lambda test: test.remove(),
        "update": lambda test: test.update("a", ""),
        "begin": lambda test: test.begin(),
        "take": lambda test: test.take("one", 0),
        "end": lambda test: test.end("one", 0, "0-1-0"),
    }

    def check(self, break_it):
        for name, act in self.ACTS.items():
            with self.subTest(act=name):
                self.empty()
                self.add()
                break_it()
                self.assertEqual(act(self),
                                 "done" if name == "add" else "unknown")
                self.assertIn(f"pull:{ID}", self.notes())
                if name != "add":
                    self.check_nothing_is_left()
                    self.assertEqual(self.add(), "done")
                self.assertEqual(self.begin()[0], "done")

    def test_a_record_that_cannot_be_read_is_noted_and_ended(self):
        for field, value in (("v", "x"), ("c", "garbage"),
                             ("c", "8-1-1"), ("c", "1-1-1 1-2-2"),
                             ("c", "1-1-18446744073709551616"),
                             ("c", "1-01-1"), ("n", "many"), ("ttl", "long")):
            with self.subTest(field=field, value=value):
                self.check(lambda f=field, v=value:
                           self.call("HSET", f"pull:{ID}", f, v))
        for field in ("v", "t", "ttl", "c", "n"):
            with self.subTest(missing=field):
                self.check(lambda f=field: self.call("HDEL", f"pull:{ID}", f))

    def test_one_of_a_newer_version_is_left_as_it_is(self):
        self.add()
        self.call("HSET", f"pull:{ID}", "v", 2)

        def refused():
            for act in (self.add, self.begin):
                with self.assertRaisesRegex(RedisError, "^NEWER "):
                    act()
        self.unchanged_by(refused)

    def test_with_explicit_ack_too(self):
        self.add(ack=1)
        self.call("HDEL", f"pull:{ID}", "h")
        self.assertEqual(self.begin(), "unknown")
        self.check_nothing_is_left()

    def test_a_record_of_another_type_is_moved_away(self):
        self.texts = {name: self.texts["mending"] + text
                      if name.startswith("pull_") else text
                      for name, text in self.texts.items()}

        def other_type():
            self.call("DEL", f"pull:{ID}")
            self.call("SET", f"pull:{ID}", "damage")
        self.check(other_type)

    def test_garbage_in_what_waits_and_holds_does_no_harm(self):
        self.add()
        self.call("HSET", f"pull:{ID}", "w", "x y:z :7 a:b:1 one:", "by", "q",
                  "until", "soon")
        self.assertEqual(self.begin("one", 2000)[0], "done")
        self.check_lasts(TTL_S + 2)

    def test_a_lost_record_leaves_no_member(self):
        for act in ("begin", "remove", "add"):
            self.add()
            self.call("DEL", f"pull:{ID}")
            self.ACTS[act](self)
            if act != "add":
                self.check_nothing_is_left()
        self.call("DEL", f"pull:{ID}")
        self.pass_time(TTL_S + 1)
        self.assertEqual(self.expire(), [1, 0, -1])
        self.check_nothing_is_left()

    def test_lost_members_are_made_again_of_the_others(self):
        names = [f"n{n}" for n in range(5)]
        for key in ("pulls", "pull_seen"):
            for name in names:
                self.add(name)
            self.call("DEL", key)
            self.begin(name="n3")
            self.assertEqual(self.expire()[:2], [0, 5])
            self.assertEqual(sorted(self.ids(key)), names)
        self.check_lasts(TTL_S, "n0")

    def test_a_list_of_another_type_is_made_again(self):
        for key in ("pulls", "pull_seen"):
            self.empty()
            self.add("a")
            self.add("b")
            self.call("DEL", key)
            self.call("SET", key, "damage")
            self.own_shard()
            self.assertEqual(self.run_mending("pull_expire", self.epoch,
                                              100)[:2], [0, 2])
            self.assertEqual(self.ids(key), ["a", "b"])
            self.assertEqual(self.notes(), [key])

    def test_an_add_that_is_refused_for_damage_is_done_all_the_same(self):
        for key in ("pulls", "pull_seen"):
            self.empty()
            self.call("SET", key, "damage")
            self.assertEqual(self.run_mending(
                "pull_add", ID, SHARDS, "a", TTL_S, 0, "", 5, 0), b"done")


class Full(FullRedis, PullTest):
    def test_at_the_memory_limit_messages_are_still_fetched(self):
        self.add()
        _, _, number = self.begin()
        self.full()
        self.assertEqual(self.begin("two", 2000)[0], "done")
        self.assertEqual(self.take("two", number), "done")
        self.assertEqual(self.end("two", number + 1, "0-11-0"), "done")
        self.assertEqual(self.begin()[1], "0-11-0 3-30-0")
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.add("other")
        self.assertFalse(self.exists("pull:other"))
        self.assertEqual(self.remove(), "done")

    def test_at_the_memory_limit_they_end(self):
        self.add()
        self.add("other")
        self.full()
        self.call("ZREM", "pulls", "other")
        self.pass_time(TTL_S + 1)
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.own_shard()
        self.full()
        self.assertEqual(self.as_owner("pull_expire", 100), [2, 0, -1])
        self.check_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
