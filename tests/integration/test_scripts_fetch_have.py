"""What subscribers have, so that fetched content makes an event only when somebody
lacks it."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.fetch_test import OTHER, FetchTest, ping
from support.scripts import CALLBACK, CD, TD, TOPIC


class Have(FetchTest):
    """What the subscriptions have: digest and validators count while it is what
    the topic's last fetch has given."""

    def setUp(self):
        super().setUp()
        self.subscribe(CD)

    def begin_all(self):
        """All events begin; returns the number of jobs of each."""
        events = [event for event, _ in self.entries("log")]
        position = self.position()
        left = events[events.index(position) + 1:] \
            if position in events else events
        return [jobs for jobs, _ in self.begin(*left)[1]] if left else []

    def state(self):
        unbegun, _, _, have, etag, lm, src, entries = (
            word.decode() if isinstance(word, bytes) else word
            for word in self.as_owner("fetch_state", 0, TD, TOPIC))
        self.assertIn((etag, lm, src, entries), (
            ("", "", "", ""), ("etag", "lm", "src", "entries")))
        return have, etag != "", unbegun

    def fetch(self, digest, outcome="content"):
        """A whole fetch."""
        self.announce(TOPIC)
        self.taken()
        have, _, unbegun = self.state()
        return self.fetched(outcome, digest=digest, have=have,
                            unbegun=unbegun)

    def test_content_that_is_had_makes_no_event(self):
        for digest, jobs in (("A", [1]), ("A", []), ("B", [1]), ("A", [1])):
            self.fetch(digest)
            self.assertEqual(self.begin_all(), jobs)
            self.assertEqual(self.state(), (digest, True, ""))

    def test_a_push_makes_that_nobody_knows(self):
        self.fetch("A")
        self.event()
        self.assertEqual(self.begin_all(), [1, 1])
        self.assertEqual(self.state(), ("", False, ""))
        self.fetch("A")
        self.assertEqual(self.begin_all(), [1])

    def test_a_push_to_another_topic_does_not(self):
        self.fetch("A")
        self.begin_all()
        other = self.event(topic=OTHER)
        self.begin(other, tds=("o" * 22,))
        self.assertEqual(self.state(), ("A", True, ""))

    def test_a_push_that_has_not_begun_counts_too(self):
        """By what the content is when its event begins."""
        self.fetch("A")
        self.begin_all()
        push = self.event()
        self.assertEqual(self.state(), ("A", True, push))
        self.fetch("A")
        self.assertEqual(self.begin_all(), [1, 1])
        self.assertEqual(self.state(), ("A", True, ""))

    def test_another_event_that_has_not_begun_does_not(self):
        self.fetch("A")
        self.begin_all()
        other = self.event(topic=OTHER)
        event = self.fetch("A").decode()
        self.begin(other, tds=("o" * 22,))
        self.assertEqual(self.begin(event)[1], [(0, 1)])
        self.assertEqual(self.state(), ("A", True, ""))

    def test_unchanged_behind_a_push_that_has_not_begun_is_fetched_again(self):
        for when in ("before", "meanwhile"):
            with self.subTest(begins=when):
                self.setUp()
                self.fetch("A")
                self.begin_all()
                push = self.event()
                self.announce(TOPIC)
                self.taken()
                self.assertEqual(self.state(), ("A", True, push))
                if when == "meanwhile":
                    self.begin_all()
                self.fetched("unchanged", have="A", unbegun=push)
                self.begin_all()
                self.assertEqual(list(self.wanted()), [ping(TOPIC)])
                self.fetch("A")
                self.assertEqual(self.begin_all(), [1])

    def test_unchanged_behind_others_that_have_begun_is_not(self):
        self.fetch("A")
        self.begin_all()
        other = self.event(topic=OTHER)
        self.announce(TOPIC)
        self.taken()
        self.assertEqual(self.state(), ("A", True, other))
        self.begin(other, tds=("o" * 22,))
        self.fetched("unchanged", have="A", unbegun=other)
        self.assertEqual(self.wanted(), {})

    def test_a_push_during_the_fetch_comes_after_what_it_finds(self):
        """The announcement was before it."""
        self.fetch("A")
        self.begin_all()
        self.announce(TOPIC)
        self.taken()
        self.assertEqual(self.state(), ("A", True, ""))
        self.event()
        self.begin_all()
        self.assertIsNone(self.fetched("content", digest="A", have="A"))
        self.assertEqual((self.wanted(), self.state()), ({}, ("", False, "")))

    def test_when_all_have_left_nobody_has_anything(self):
        self.fetch("A")
        self.begin_all()
        self.write_record(f"1 1 60 1 - {CALLBACK} -")
        self.call("ZADD", "lease", 1, "")
        self.sweep()
        self.assertIsNone(self.read_record())
        self.assertNotIn(b"have", self.hash(f"topic:{TD}"))
        self.subscribe(CD)
        self.fetch("A")
        self.assertEqual(self.begin_all()[-1:], [1])

    def test_an_event_that_nobody_gets_is_had_by_nobody(self):
        self.fetch("A")
        self.unindex(CD)
        self.call("DEL", f"sub:{TD}")
        self.begin_all()
        self.assertNotIn(b"have", self.hash(f"topic:{TD}"))

    def test_known_entries_are_had(self):
        self.fetch("A")
        self.begin_all()
        self.fetch("B", "known")
        self.assertEqual(self.state(), ("B", True, ""))

    def test_but_not_after_a_push(self):
        self.fetch("A")
        self.begin_all()
        self.announce(TOPIC)
        self.taken()
        self.event()
        self.begin_all()
        self.fetched("known", digest="B", have="A")
        self.assertEqual(self.state(), ("", False, ""))

    def test_of_a_dotted_topic_nothing_is_noted(self):
        event = self.event(topic="orders.created")
        self.call("HSET", f"topic:{TD}", "have", "x")
        self.begin(event)
        self.assertEqual(self.hash(f"topic:{TD}")[b"have"], b"x")


if __name__ == "__main__":
    unittest.main()
