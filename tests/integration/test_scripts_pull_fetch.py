"""Topics that somebody pulls, and nobody subscribes to, are fetched: announce,
announced, fetch_state, fetched and begin; and what their content counts as."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.fetch_test import OTHER, FetchTest, ping
from support.keys import digest
from support.scripts import CD, TD, TOPIC

HOUR_MS = 3600 * 1000
DAY_S = 24 * 3600


class PulledTest(FetchTest):
    def want(self, *topics, lasts_ms=HOUR_MS):
        self.run_script("pull_want", lasts_ms, *(
            word for topic in topics for word in (topic, digest(topic))))

    def end_interest(self, *topics):
        for topic in topics:
            self.call("ZADD", "pulled", 1, topic)

    def tell(self, *topics):
        """As announce(), but nobody is made a subscriber."""
        return self.run_script("announce", 0, *(
            word for topic in topics for word in (topic, digest(topic))))

    def state_of(self, topic=TOPIC):
        """What a fetch begins with: subscriptions or -1, what they have, and
        the last event that had not begun."""
        unbegun, _, subscriptions, have, *_ = self.as_owner(
            "fetch_state", 0, digest(topic), topic)
        return subscriptions, have.decode(), unbegun.decode()

    def fetch(self, content, topic=TOPIC):
        """One announcement and the fetch that it leads to; returns the event
        that became of it."""
        self.tell(topic)
        self.assertEqual(self.taken(), [ping(topic)])
        subscriptions, have, unbegun = self.state_of(topic)
        if subscriptions < 0:
            return self.fetched("unneeded", topic=topic, td=digest(topic))
        return self.fetched("content", topic=topic, td=digest(topic),
                            digest=digest(content), have=have, unbegun=unbegun)

    def begin_all(self):
        """The jobs of each event that has not begun."""
        log = [event for event, _ in self.entries("log")]
        left = log[log.index(self.position()) + 1:] \
            if self.position() in log else log
        return [self.begin(event, tds=(digest(self.content_of(event)[0]
                                              .decode()),))[1][0][0]
                for event in left]

    def push(self, topic=TOPIC):
        return self.event(topic=topic)


class Wanted(PulledTest):
    def test_only_topics_that_are_named_are_announced(self):
        self.want("", "*", TOPIC)
        self.with_subscriber("http://publisher.example/subscribed")
        self.tell(TOPIC, OTHER, "http://publisher.example/subscribed")
        self.assertEqual(sorted(self.wanted()), [
            ping("http://publisher.example/subscribed"), ping(TOPIC)])

    def test_nor_those_whose_time_is_over(self):
        self.want(TOPIC)
        self.end_interest(TOPIC)
        self.unchanged_by(lambda: self.tell(TOPIC))

    def test_direct_producers_announce_them_too(self):
        self.want(TOPIC)
        for topic in (TOPIC, OTHER):
            entry = self.call("XADD", "pings", "*", "v", 1, "t", topic)
            self.as_owner("announced", entry, topic, digest(topic))
        self.assertEqual(list(self.wanted()), [ping(TOPIC)])

    def test_a_fetch_begins_for_them_and_has_no_subscribers(self):
        self.want(TOPIC)
        self.assertEqual(self.state_of(), (0, "", ""))
        self.assertEqual(self.state_of(OTHER), (-1, "", ""))
        self.with_subscriber(TOPIC)
        self.assertEqual(self.state_of(), (1, "", ""))

    def test_what_is_known_of_them_lapses_a_day_after_they_are_pulled(self):
        self.want(TOPIC)
        self.fetch("A")
        ttl = self.call("TTL", f"topic:{TD}")
        self.assertAlmostEqual(ttl, DAY_S + 3600, delta=5)
        self.begin_all()
        self.assertAlmostEqual(self.call("TTL", f"topic:{TD}"), ttl, delta=5)


class Content(PulledTest):
    def setUp(self):
        super().setUp()
        self.want(TOPIC)

    def follow(self, steps):
        """A letter is content that is fetched, `+` a push to the topic, `o` one
        to another, `.` all begins.  Returns what came to the log, pushes left
        out."""
        came = ""
        for step in steps:
            if step == ".":
                self.begin_all()
            elif step in "+o":
                self.push(TOPIC if step == "+" else OTHER)
            elif self.fetch(step):
                came += step
        return came

    def test_each_change_comes_once_whenever_events_begin(self):
        for steps, came in (
                ("A.A.", "A"), ("AA.", "A"), ("A.B.A.", "ABA"), ("ABA.", "ABA"),
                ("A.oA.A.", "A"), ("AoA.", "A"), ("oAoAoA.A", "A"),
                ("A.+A.", "AA"), ("A+A.", "AA"), ("A.+.A.", "AA"),
                ("A+AoA.", "AA"), ("+A.A.", "A"), ("ABoB.B.A", "ABA"),
                ("A.oBoBoA.A.", "ABA")):
            with self.subTest(steps=steps):
                self.empty()
                self.want(TOPIC)
                self.assertEqual(self.follow(steps), came)

    def test_the_same_for_who_pulls_everything_beside_a_subscription(self):
        for steps, came in (("AoA.oA.", "A"), ("A+A.", "AA"),
                            ("A.oBoBoA.A.", "ABA")):
            with self.subTest(steps=steps):
                self.empty()
                self.want("")
                self.subscribe(CD)
                self.assertEqual(self.follow(steps), came)

    def test_subscriptions_get_the_same_with_and_without_who_pulls(self):
        for steps in ("A.A.", "AA.", "AoA.", "A+A.", "ABA.", "A.oBoBoA.A.",
                      "A.+A.A.", "+A+A.A."):
            jobs = []
            for pulled in (False, True):
                self.empty()
                self.subscribe(CD)
                if pulled:
                    self.want(TOPIC, "")
                self.follow(steps)
                self.begin_all()
                jobs.append([self.content_of(event)[1]
                             for _, fields in self.entries("outbox")
                             for event in [fields[b"e"].decode()]
                             if self.content_of(event)[0].decode() == TOPIC])
            with self.subTest(steps=steps):
                self.assertEqual(jobs[0], jobs[1])

    def test_behind_many_events_it_may_come_twice(self):
        for count, came in ((200, "A"), (300, "AA")):
            with self.subTest(count=count):
                self.empty()
                self.want(TOPIC)
                self.assertEqual(self.follow("A" + "o" * count + "A"), came)

    def test_who_subscribes_beside_them_gets_the_next_change(self):
        self.follow("A.")
        self.subscribe(CD)
        self.assertEqual(self.follow("A.B."), "B")

    def test_who_subscribes_when_nobody_pulls_any_more_gets_the_next_content(
            self):
        self.follow("A.")
        self.end_interest(TOPIC)
        self.request_script()
        (entry, _), = self.read("verify")
        self.run_script("verified", TD, CD, "s", 1, "confirmed", 0, 0, 0, entry)
        self.assertEqual(self.call("TTL", f"topic:{TD}"), -1)
        self.assertEqual(self.follow("A."), "A")

    def test_who_pulls_when_nobody_did_gets_the_next_content(self):
        self.follow("A.")
        self.end_interest(TOPIC)
        self.want(TOPIC)
        self.assertEqual(self.follow("A.A."), "A")

    def test_the_last_subscription_leaves_and_who_pulls_stays(self):
        self.subscription()
        self.assertEqual(self.follow("A."), "A")
        self.call("HSET", f"sub:{TD}", CD, "1 1 1 1 - http://s.example/ -")
        self.call("ZADD", "lease", 1, "")
        self.assertEqual(self.sweep()[0], 1)
        self.assertEqual(self.follow("A.B."), "B")
        self.assertGreater(self.call("TTL", f"topic:{TD}"), DAY_S)

    def test_interest_that_ends_during_the_fetch_ends_what_they_have(self):
        self.follow("A.")
        self.tell(TOPIC)
        self.taken()
        _, have, unbegun = self.state_of()
        self.end_interest(TOPIC)
        self.assertTrue(self.fetched("content", digest=digest("B"), have=have,
                                     unbegun=unbegun))
        self.begin_all()
        self.assertFalse(self.call("HEXISTS", f"topic:{TD}", "have"))


if __name__ == "__main__":
    unittest.main()
