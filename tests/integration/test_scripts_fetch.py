"""What comes of fetches: fetched and validated."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.fetch_test import OTHER, FetchTest, ping
from support.redis import RedisError
from support.scripts import CD, TD, TOPIC


class Pace(FetchTest):
    """No topic is fetched again before its interval is over."""

    def state(self, interval_ms=60000):
        _, *state = self.as_owner("fetch_state", interval_ms, TD, TOPIC)
        return state

    def begin(self, interval_ms=60000):
        """A fetch begins."""
        self.announce(TOPIC)
        self.taken()
        return self.state(interval_ms)

    def test_a_fetch_begins_the_interval(self):
        self.assertEqual(self.begin()[:2], [0, 1])
        left, *rest = self.unchanged_by(self.state)
        self.assertTrue(50000 < left <= 60000)
        self.assertEqual(rest, [0] + 5 * [b""])

    def test_announced_after_it_the_topic_is_due_at_its_end(self):
        before = self.now_ms()
        self.begin()
        self.fetched()
        self.announce(TOPIC)
        self.assertTrue(before + 60000 <= self.wanted()[ping(TOPIC)]
                        <= self.now_ms() + 60000)

    def test_announced_during_it_too(self):
        before = self.now_ms()
        self.begin()
        self.announce(TOPIC)
        self.fetched()
        self.assertTrue(before + 60000 <= self.wanted()[ping(TOPIC)])

    def test_a_retry_is_no_earlier_and_later_when_it_is_to_be(self):
        for again_ms, least_ms in ((1, 60000), (90000, 90000)):
            with self.subTest(again_ms=again_ms):
                self.setUp()
                before = self.now_ms()
                self.begin()
                self.fetched("failed", failures=1, again_ms=again_ms)
                self.assertTrue(before + least_ms <=
                                self.wanted()[ping(TOPIC)] <=
                                self.now_ms() + least_ms)

    def test_a_publisher_that_says_when_is_not_announced_earlier(self):
        self.begin(0)
        before = self.now_ms()
        self.fetched("failed", failures=0, again_ms=60000, pace_ms=60000)
        self.announce(TOPIC)
        self.assertTrue(before + 60000 <= self.wanted()[ping(TOPIC)])

    def test_the_owner_dies_and_the_next_one_waits_too(self):
        self.begin()
        self.run_script("release", self.epoch)
        self.own_shard(("another", 1))
        self.as_owner("resume")
        self.assertEqual(self.taken(), [ping(TOPIC)])
        self.assertTrue(self.state()[0] > 50000)

    def test_a_topic_without_subscribers_has_no_interval(self):
        self.assertEqual(self.unchanged_by(self.state)[:2], [0, -1])

    def test_a_clock_that_was_set_back_makes_it_no_longer(self):
        self.begin()
        until = self.now_ms() + 3 * 3600000
        self.call("SET", f"paced:{TD}", f"{until} 60000")
        self.assertEqual(self.state()[0], 60000)

    def test_none_is_no_limit(self):
        self.begin(0)
        self.fetched()
        self.assertEqual(self.begin(0)[0], 0)


class Failures(FetchTest):
    def setUp(self):
        super().setUp()
        self.announce(TOPIC)
        self.taken()

    def failed(self, failures=1, again_ms=60000):
        self.fetched("failed", failures=failures, again_ms=again_ms)

    def test_the_next_try_has_its_time_and_its_number(self):
        before = self.now_ms()
        self.failed(2)
        self.assertTrue(before + 60000 <= self.wanted()[ping(TOPIC)]
                        <= self.now_ms() + 60000)
        self.assertEqual(self.failures(), {ping(TOPIC): 2})
        self.assertEqual(self.taken(), [])
        self.due_at(ping(TOPIC), 0)
        self.assertEqual(self.take()[1], [(ping(TOPIC), 2)])

    def test_the_last_one_ends_it(self):
        self.call("HSET", "fetch_failures", ping(TOPIC), 7)
        self.failed(8, -1)
        self.assertEqual((self.wanted(), self.failures(), self.fetching()),
                         ({}, {}, []))

    def test_announced_meanwhile_it_begins_anew(self):
        """At once, and with all its attempts."""
        self.announce(TOPIC)
        self.failed(3)
        self.assertEqual(self.take(), (-1, [(ping(TOPIC), 0)]))

    def test_so_it_does_after_the_last_one(self):
        self.announce(TOPIC)
        self.failed(8, -1)
        self.assertEqual(self.take(), (-1, [(ping(TOPIC), 0)]))


class Over(FetchTest):
    """The end of a fetch counts once, and only while it is under way."""

    OUTCOMES = ("content", "known", "unchanged", "unneeded", "failed")

    def test_repeated_it_changes_nothing(self):
        for outcome in self.OUTCOMES:
            with self.subTest(outcome=outcome):
                self.setUp()
                self.announce(TOPIC)
                self.taken()
                self.fetched(outcome, again_ms=60000)
                self.assertIsNone(self.unchanged_by(
                    lambda: self.fetched(outcome, again_ms=60000)))

    def test_of_a_fetch_that_was_not_begun_too(self):
        self.announce(TOPIC)
        for outcome in self.OUTCOMES:
            self.assertIsNone(self.unchanged_by(
                lambda o=outcome: self.fetched(o, again_ms=0)))

    def test_another_topic_goes_on(self):
        self.announce(TOPIC, OTHER)
        self.taken()
        self.fetched("content")
        self.assertEqual(self.fetching(), [ping(OTHER)])

    def test_what_was_taken_anew_goes_on(self):
        """The reply was lost, and the topic announced and taken meanwhile: the
        repetition is not the end of that fetch."""
        self.announce(TOPIC)
        self.taken()
        self.fetched("content")
        self.announce(TOPIC)
        self.taken()
        for outcome in self.OUTCOMES:
            self.assertIsNone(self.unchanged_by(
                lambda o=outcome: self.fetched(o, question=1, again_ms=0)))
        self.assertEqual(self.fetching(), [ping(TOPIC)])
        self.assertIsNotNone(self.fetched("content", digest="e"))


class Together(FetchTest):
    """Several topics in one call: each as though it were alone."""

    TOPICS = [f"http://publisher.example/{n}" for n in range(5)]

    def setUp(self):
        super().setUp()
        self.tds = [self.with_subscriber(topic) for topic in self.TOPICS]
        self.announce(*self.TOPICS)
        self.taken()

    def named(self):
        """Each id with its topic."""
        return [word for pair in zip(self.tds, self.TOPICS) for word in pair]

    def results(self, *outcomes):
        return self.as_owner("fetched", *(
            word for topic, td, outcome in zip(self.TOPICS, self.tds, outcomes)
            for word in self.result(outcome, topic=topic, td=td, failures=1,
                                    again_ms=60000)))

    def test_each_outcome_counts_for_its_topic(self):
        self.call("HSET", "fetch_failures", *(
            word for topic in self.TOPICS for word in (ping(topic), 7)))
        events = self.results("content", "failed", "unchanged", "unneeded",
                              "content")
        (first, one), (second, two) = self.entries("log")
        self.assertEqual(
            [event and event.decode() for event in events],
            [first, None, None, None, second])
        self.assertEqual([one[b"t"].decode(), two[b"t"].decode()],
                         [self.TOPICS[0], self.TOPICS[4]])
        self.assertEqual(self.fetching(), [])
        self.assertEqual(list(self.wanted()), [ping(self.TOPICS[1])])
        self.assertEqual(self.failures(), {ping(self.TOPICS[1]): 1})
        self.assertEqual([self.exists(f"topic:{td}") for td in self.tds],
                         [True, True, True, False, True])

    def test_what_is_over_already_keeps_no_other_from_its_end(self):
        self.results("content")
        events = self.results("content", "content")
        self.assertEqual([event is None for event in events], [True, False])
        self.assertEqual(len(self.entries("log")), 2)

    def test_repeated_they_change_nothing(self):
        outcomes = ("content", "failed", "unchanged", "unneeded", "known")
        self.results(*outcomes)
        self.assertEqual(self.unchanged_by(lambda: self.results(*outcomes)),
                         5 * [None])

    def test_what_is_known_of_those_that_nobody_subscribes_to_lapses(self):
        self.call("DEL", f"sub:{self.tds[1]}")
        self.results("content", "content", "unchanged")
        self.assertEqual([self.call("TTL", f"topic:{td}") > 0
                          for td in self.tds[:3]], [False, True, False])

    def test_each_begins_with_its_own_state(self):
        self.results("content", "content")
        for td in self.tds[:1] + self.tds[2:3]:
            self.call("HSET", f"topic:{td}", "have", "d", "digest", "d")
        self.call("SET", f"paced:{self.tds[3]}",
                  f"{self.now_ms() + 60000} 60000")
        self.call("DEL", f"sub:{self.tds[4]}")
        unbegun, *flat = self.as_owner("fetch_state", 50000, *self.named())
        states = [flat[7 * n:7 * n + 7] for n in range(5)]
        self.assertEqual(unbegun.decode(), self.entries("log")[-1][0])
        self.assertEqual(states[0], [0, 1, b"d", b"etag", b"lm", b"src",
                                     b"entries"])
        self.assertEqual(states[1], [0, 1] + 5 * [b""])
        self.assertEqual(states[2], [0, 1, b"d"] + 4 * [b""])
        self.assertTrue(50000 < states[3][0] <= 60000)
        self.assertEqual(states[3][1:], [0] + 5 * [b""])
        self.assertEqual(states[4], [0, -1] + 5 * [b""])
        self.assertEqual([self.exists(f"paced:{td}") for td in self.tds],
                         [True, True, True, True, False])

    def test_a_key_of_another_type_is_the_problem_of_its_topic(self):
        """The call is repeated, as it was refused, and has nothing to do."""
        self.call("SET", f"topic:{self.tds[1]}", "x")
        self.call("DEL", f"sub:{self.tds[4]}")
        self.call("SET", f"sub:{self.tds[4]}", "x")
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.as_owner("fetch_state", 0, *self.named())
        _, *flat = self.run_mending("fetch_state", self.epoch, 0,
                                   *self.named())
        self.assertEqual(flat[1::7], [1, 1, 1, 1, -1])
        self.call("SET", f"topic:{self.tds[1]}", "x")
        with self.assertRaisesRegex(RedisError, "WRONGTYPE"):
            self.results("content", "content", "content", "failed")
        self.assertEqual(len(self.entries("log")), 3)
        self.assertEqual([self.exists(f"topic:{self.tds[n]}") for n in (0, 2)],
                         [True, True])
        self.assertEqual(list(self.wanted()), [ping(self.TOPICS[3])])
        self.assertEqual(self.fetching(), [ping(self.TOPICS[4])])
        self.call("DEL", f"topic:{self.tds[1]}")
        self.unchanged_by(lambda: self.results(*4 * ["content"]))

    def test_announced_together_each_has_its_time(self):
        self.results(*5 * ["unchanged"])
        until = self.now_ms() + 60000
        self.call("SET", f"paced:{self.tds[1]}", f"{until} 60000")
        self.call("DEL", f"sub:{self.tds[2]}")
        self.run_script("announce", 0, *(word for pair in zip(
            self.TOPICS, self.tds) for word in pair))
        wanted = self.wanted()
        self.assertEqual(wanted.pop(ping(self.TOPICS[1])), until)
        self.assertCountEqual(wanted, [ping(self.TOPICS[n])
                                       for n in (0, 3, 4)])
        self.assertTrue(max(wanted.values()) <= self.now_ms())


class Validations(FetchTest):
    """Topics to look at before a request is verified."""

    def request(self):
        return self.request_script(how="validate")

    def member(self, generation):
        return f"w {TD}:{CD}:s {generation} {TOPIC}"

    def validated(self, generation, outcome, failures=0):
        return self.as_owner("validated", TD, CD, generation, TOPIC, outcome,
                             "why", 60000, failures, self.question).decode()

    def test_one_is_taken_beside_an_announcement_of_the_topic(self):
        generation = self.request()
        self.announce(TOPIC)
        self.assertCountEqual(self.taken(), [self.member(generation),
                                             ping(TOPIC)])

    def test_each_request_has_its_own(self):
        first, second = self.request(), self.request()
        self.assertCountEqual(self.taken(), [self.member(first),
                                             self.member(second)])
        self.assertEqual(self.validated(first, "denied"), "superseded")
        self.assertEqual(self.validated(second, "valid"), "applied")
        self.assertEqual(self.fetching(), [])
        self.assertEqual(self.call("XLEN", "verify"), 1)

    def test_repeated_or_not_begun_it_changes_nothing(self):
        for outcome in ("valid", "denied", "again"):
            with self.subTest(outcome=outcome):
                self.setUp()
                generation = self.request()
                act = lambda: self.validated(generation, outcome, 1)
                self.assertEqual(self.unchanged_by(act), "superseded")
                self.taken()
                self.assertEqual(act(), "applied")
                self.assertEqual(self.unchanged_by(act), "superseded")

    def test_one_waits_until_it_is_decided(self):
        generation = self.request()
        other = lambda: self.request_script(cd="other", pending=1,
                                            how="validate")
        self.assertEqual(self.unchanged_by(other), -17)
        self.taken()
        self.assertEqual(self.unchanged_by(other), -17)
        self.validated(generation, "again", 1)
        self.assertEqual(self.unchanged_by(other), -17)

    def test_failures_go_with_it_and_end_with_it(self):
        generation = self.request()
        self.taken()
        self.validated(generation, "again", 2)
        self.assertEqual(self.failures(), {self.member(generation): 2})
        self.due_at(self.member(generation), 0)
        self.assertEqual(self.take()[1], [(self.member(generation), 2)])
        self.validated(generation, "valid")
        self.assertEqual((self.failures(), self.wanted()), ({}, {}))


if __name__ == "__main__":
    unittest.main()
