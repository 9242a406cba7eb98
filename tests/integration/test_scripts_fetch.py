"""What is to be fetched: announce and announced, take, fetched and validated;
and when the owner of a shard is woken."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest, pairs

OTHER = "http://publisher.example/other"


def ping(topic):
    return f"p {topic}"


class FetchTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.question = 0

    def ask(self, question, most=100, validations=100):
        """When the next is due, and what was taken with its failures."""
        due, *taken = self.as_owner("take", question, most, validations)
        return due, [(member.decode(), failures) for member, failures in
                     zip(taken[::2], taken[1::2])]

    def take(self, most=100):
        """A question of its own."""
        self.question += 1
        return self.ask(self.question, most)

    def taken(self, most=100):
        return [member for member, _ in self.take(most)[1]]

    def result(self, outcome="unchanged", failures=0, again_ms=-1,
               topic=TOPIC, pace_ms=0, digest="d", have="", unbegun="",
               td=TD, question=None):
        """What `fetched` is told of one topic, by default one that the last
        question has taken."""
        return (question or self.question, td, topic, outcome, 200, "",
                "etag", "lm", digest, "t", "b", "", "src", failures, again_ms,
                "entries", pace_ms, have, unbegun)

    def fetched(self, *args, **named):
        event, = self.as_owner("fetched", *self.result(*args, **named))
        return event

    def wanted(self):
        """When each is due, in their order."""
        flat = self.call("ZRANGE", "fetch", 0, -1, "WITHSCORES")
        return {member.decode(): int(due)
                for member, due in zip(flat[::2], flat[1::2])}

    def fetching(self):
        return [member.decode() for member in self.hash("fetching")]

    def failures(self):
        return {member.decode(): int(count) for member, count in
                self.hash("fetch_failures").items()}

    def due_at(self, member, delay_ms):
        self.call("ZADD", "fetch", self.now_ms() + delay_ms, member)

    def wakes(self, act, *args):
        """Whether the owner is woken meanwhile; `wake` keeps one entry."""
        before = self.entries("wake")
        act(*args)
        after = self.entries("wake")
        self.assertLessEqual(len(after), 1)
        return after != before


class Announce(FetchTest):
    def test_each_topic_wants_a_fetch_at_once(self):
        before = self.now_ms()
        self.announce(TOPIC, OTHER)
        self.assertEqual(set(self.wanted()), {ping(TOPIC), ping(OTHER)})
        for due in self.wanted().values():
            self.assertTrue(before <= due <= self.now_ms())

    def test_however_often_it_has_one_entry(self):
        self.announce(TOPIC)
        wanted = self.wanted()
        self.announce(TOPIC, TOPIC)
        self.announce(TOPIC)
        self.assertEqual(self.wanted(), wanted)

    def test_what_failed_before_is_due_now_with_all_its_attempts(self):
        self.due_at(ping(TOPIC), 60000)
        self.call("HSET", "fetch_failures", ping(TOPIC), 3)
        self.announce(TOPIC)
        self.assertEqual(self.take(), (-1, [(ping(TOPIC), 0)]))

    def test_who_takes_a_topic_is_told_that_its_last_fetch_went_well(self):
        for error, noted in (("", -1), ("HTTP status 500", 0)):
            self.call("HSET", f"topic:{TD}", "error", error)
            self.announce(TOPIC)
            self.assertEqual(self.take(), (-1, [(ping(TOPIC), noted)]))
            self.fetched("unchanged")
        self.assertEqual(self.failures(), {})

    def test_nothing_is_announced(self):
        self.unchanged_by(self.announce)

    def test_what_nobody_subscribes_to_wants_no_fetch(self):
        self.unchanged_by(lambda: self.run_script("announce", 0, TOPIC, TD))
        entry = self.call("XADD", "pings", "*", "v", 1, "t", TOPIC).decode()
        self.assertEqual(self.as_owner("announced", entry, TOPIC, TD), 1)
        self.assertEqual(self.wanted(), {})


class Announced(FetchTest):
    """What direct producers have put into `pings`."""

    def ping(self, topic=TOPIC):
        return self.call("XADD", "pings", "*", "v", 1, "t", topic).decode()

    def announced(self, *entries):
        return self.as_owner("announced", *(
            word for entry, topic in entries
            for word in (entry, topic, self.with_subscriber(topic))))

    def test_entries_become_announcements(self):
        entries = [(self.ping(topic), topic)
                   for topic in (TOPIC, OTHER, TOPIC)]
        self.assertEqual(self.announced(*entries[:2]), 2)
        self.assertEqual([entry for entry, _ in self.entries("pings")],
                         [entries[2][0]])
        self.assertEqual(set(self.wanted()), {ping(TOPIC), ping(OTHER)})
        self.assertEqual(self.announced(*entries[2:]), 1)
        self.assertEqual(self.entries("pings"), [])

    def test_repeated_it_changes_nothing(self):
        """Also when the topic was fetched meanwhile."""
        entry = self.ping(), TOPIC
        self.announced(entry)
        self.assertEqual(self.unchanged_by(lambda: self.announced(entry)), 0)
        self.take()
        self.assertEqual(self.unchanged_by(lambda: self.announced(entry)), 0)
        self.fetched()
        self.assertEqual(self.unchanged_by(lambda: self.announced(entry)), 0)
        self.assertEqual(self.taken(), [])

    def test_of_some_that_are_gone_the_others_count(self):
        gone, left = (self.ping(), TOPIC), (self.ping(OTHER), OTHER)
        self.announced(gone)
        self.assertEqual(self.announced(gone, left), 1)

    def test_nothing(self):
        self.assertEqual(self.unchanged_by(self.announced), 0)


class Take(FetchTest):
    def test_nothing_waits(self):
        self.assertEqual(self.unchanged_by(self.take), (-1, []))

    def test_what_is_due_is_taken_the_earliest_first(self):
        for n in range(5):
            self.due_at(f"p {n}", -1000 * (n + 1))
        self.due_at("p later", 60000)
        self.assertEqual(self.take(2), (0, [("p 4", 0), ("p 3", 0)]))
        due, rest = self.take()
        self.assertEqual(rest, [("p 2", 0), ("p 1", 0), ("p 0", 0)])
        self.assertTrue(50000 < due <= 60000)
        self.assertCountEqual(self.fetching(), [f"p {n}" for n in range(5)])
        self.assertEqual(list(self.wanted()), ["p later"])

    def test_exactly_as_many_as_are_due(self):
        self.due_at("p 1", -2000)
        self.due_at("p 2", -1)
        self.assertEqual(self.take(2), (-1, [("p 1", 0), ("p 2", 0)]))

    def test_the_same_question_has_the_same_answer(self):
        for n in range(4):
            self.due_at(f"p {n}", 1000 * (n - 9))
        self.call("HSET", "fetch_failures", "p 0", 2)
        _, taken = self.ask(1, 2)
        self.assertEqual(taken, [("p 0", 2), ("p 1", 0)])
        for _ in range(2):
            due, again = self.unchanged_by(lambda: self.ask(1, 2))
            self.assertEqual((due, sorted(again)), (0, taken))
        self.announce("2", "4")
        self.assertEqual(sorted(self.ask(1, 2)[1]), taken)
        self.assertEqual([member for member, _ in self.ask(2)[1]],
                         ["p 2", "p 3", "p 4"])

    def test_of_that_what_is_over_is_left_out(self):
        self.due_at(ping(TOPIC), -2000)
        self.due_at(ping(OTHER), -1)
        self.ask(1)
        self.fetched(question=1)
        self.assertEqual(self.ask(1), (0, [(ping(OTHER), 0)]))

    def test_the_next_owners_question_of_the_same_number_is_another(self):
        self.due_at("p 1", -2000)
        self.ask(1)
        self.run_script("release", self.epoch)
        self.own_shard(("another", 1))
        self.as_owner("resume")
        self.due_at("p 2", -1)
        self.assertCountEqual([member for member, _ in self.ask(1)[1]],
                              ["p 1", "p 2"])

    def test_what_is_being_fetched_is_not_handed_out(self):
        self.announce(TOPIC)
        self.assertEqual(self.taken(), [ping(TOPIC)])
        self.announce(TOPIC, OTHER)
        self.assertEqual(self.take(), (-1, [(ping(OTHER), 0)]))
        self.assertEqual(self.unchanged_by(self.take), (-1, []))
        self.assertEqual(list(self.wanted()), [ping(TOPIC)])

    def test_such_ones_do_not_hide_what_comes_after_them(self):
        self.announce(*map(str, range(20)))
        self.assertEqual(len(self.taken(20)), 20)
        self.announce(*map(str, range(20)))
        self.due_at("p after", 0)
        self.assertEqual(self.taken(1), ["p after"])

    def test_an_announcement_meanwhile_asks_for_one_more(self):
        for outcome in ("content", "known", "unchanged", "unneeded"):
            with self.subTest(outcome=outcome):
                self.setUp()
                self.announce(TOPIC)
                self.taken()
                for _ in range(3):
                    self.announce(TOPIC)
                self.fetched(outcome)
                self.assertEqual(self.taken(), [ping(TOPIC)])
                self.fetched(outcome)
                self.assertEqual(self.taken(), [])


    def test_each_kind_has_its_own_limit(self):
        for n in range(3):
            self.due_at(f"p {n}", -1000 * (n + 1))
            self.call("ZADD", "validations", n, f"w {n}")
        self.assertEqual(self.ask(1, 0, 2), (0, [("w 0", 0), ("w 1", 0)]))
        self.assertEqual(self.ask(2, 2, 0), (0, [("p 2", 0), ("p 1", 0)]))
        self.assertEqual(self.ask(3, 2, 2), (-1, [("p 0", 0), ("w 2", 0)]))

    def test_what_may_not_be_taken_is_not_waited_for(self):
        self.due_at("p 1", -1000)
        self.call("ZADD", "validations", self.now_ms() + 60000, "w 1")
        due, taken = self.ask(1, 0, 1)
        self.assertTrue(50000 < due <= 60000)
        self.assertEqual(taken, [])


class Postponed(FetchTest):
    """What was taken and not fetched, since its host was busy."""

    def postpone(self, member=None, delay_ms=60000, td=TD):
        return self.as_owner("postpone", self.question, member or ping(TOPIC),
                             delay_ms, td)

    def test_it_is_due_later_and_has_failed_no_more_often(self):
        self.announce(TOPIC)
        self.call("HSET", "fetch_failures", ping(TOPIC), 2)
        self.taken()
        before = self.now_ms()
        self.assertEqual(self.postpone(), 1)
        self.assertTrue(before + 60000 <= self.wanted()[ping(TOPIC)]
                        <= self.now_ms() + 60000)
        self.assertEqual((self.fetching(), self.failures()),
                         ([], {ping(TOPIC): 2}))

    def test_announced_meanwhile_or_later_it_is_due_no_earlier(self):
        self.announce(TOPIC)
        self.taken()
        self.announce(TOPIC)
        before = self.now_ms()
        self.postpone()
        self.announce(TOPIC)
        self.assertTrue(self.wanted()[ping(TOPIC)] >= before + 60000)
        self.assertEqual(self.taken(), [])

    def test_of_a_validation_too(self):
        member = f"w {TD}:{CD}:s 1 {TOPIC}"
        self.call("ZADD", "validations", 1, member)
        self.taken()
        self.postpone(member, td="")
        self.assertEqual(self.call("ZRANGE", "validations", 0, -1),
                         [member.encode()])
        self.assertFalse(self.exists(f"paced:{TD}"))

    def test_repeated_or_not_taken_it_changes_nothing(self):
        self.announce(TOPIC)
        self.assertEqual(self.unchanged_by(self.postpone), 0)
        self.taken()
        self.postpone()
        self.assertEqual(self.unchanged_by(self.postpone), 0)


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


class Wake(FetchTest):
    """The owner is woken when something is due before all that it knows of."""

    def retry(self, delay_ms):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        self.call("HINCRBY", "refs", "1-1", 1)
        (entry, _), = self.read("outbox")
        self.run_script("settle", "job", "outbox", entry, "retry", "1-1",
                        f"cd{delay_ms}", 1, 0, delay_ms, "-")

    def verify_again(self, delay_ms, cd=CD):
        generation = self.request_script(cd=cd)
        (entry, _), = self.read("verify")
        self.assertEqual(self.run_script(
            "verified", TD, cd, "s", generation, "again", 0, delay_ms, 1,
            entry), b"applied")

    def park(self, host):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        (entry, _), = self.read("outbox")
        self.run_script("settle", "job", "outbox", entry, "park", "1-1", CD,
                        0, 0, host)

    def test_by_a_retry_that_is_the_earliest(self):
        self.assertTrue(self.wakes(self.retry, 60000))
        self.assertFalse(self.wakes(self.retry, 90000))
        self.assertTrue(self.wakes(self.retry, 30000))
        self.assertFalse(self.wakes(self.retry, 45000))

    def test_by_a_verification_that_is_the_earliest(self):
        self.assertTrue(self.wakes(self.verify_again, 60000))
        self.assertFalse(self.wakes(self.verify_again, 90000, "b" * 22))
        self.assertTrue(self.wakes(self.verify_again, 30000, "c" * 22))

    def test_verifications_and_retries_count_together(self):
        self.retry(30000)
        self.assertFalse(self.wakes(self.verify_again, 60000))
        self.assertTrue(self.wakes(self.verify_again, 10000, "b" * 22))
        self.assertFalse(self.wakes(self.retry, 20000))

    def test_by_the_first_job_that_is_parked_for_a_host(self):
        self.assertTrue(self.wakes(self.park, "one"))
        self.retry(100)
        self.assertFalse(self.wakes(self.park, "one"))

    def retry_at_once(self, *delays_ms):
        """Retries of one call."""
        for delay_ms in delays_ms:
            self.call("XADD", "outbox", "*", "e", "1-1", "c", f"cd{delay_ms}")
        self.run_script("settle", *(
            word for (entry, fields), delay_ms in
            zip(self.read("outbox"), delays_ms) for word in (
                "job", "outbox", entry, "retry", "1-1", fields[b"c"], 1, 0,
                delay_ms, "-")))

    def test_once_by_many_of_one_call(self):
        self.retry_at_once(60000, 50000, 40000)
        about = pairs(self.call("XINFO STREAM", "wake"))
        self.assertEqual(about[b"entries-added"], 1)

    def test_any_of_a_call_may_be_the_earliest(self):
        for earliest_ms, delays_ms in ((60000, (20000, 40000, 70000)),
                                       (10000, (70000, 5000, 80000))):
            with self.subTest(delays_ms=delays_ms):
                self.setUp()
                self.retry(earliest_ms)
                self.assertTrue(self.wakes(self.retry_at_once, *delays_ms))
        self.assertFalse(self.wakes(self.retry_at_once, 90000, 6000, 95000))

    def test_not_by_what_is_done(self):
        self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        self.assertFalse(self.wakes(self.settle_all))

    def test_by_an_announcement_when_it_is_the_first(self):
        self.assertTrue(self.wakes(self.announce, TOPIC))
        self.due_at("p long-due", -60000)
        self.assertFalse(self.wakes(self.announce, OTHER))

    def test_by_an_announcement_behind_what_is_being_fetched(self):
        """That is the first, but not to be taken before its fetch is over."""
        self.due_at(ping(TOPIC), -1000)
        self.taken()
        self.due_at(ping(TOPIC), -1000)
        self.assertEqual(self.taken(), [])
        self.assertTrue(self.wakes(self.announce, OTHER))
        self.assertEqual(self.taken(), [ping(OTHER)])

    def test_by_what_was_due_later_until_now(self):
        self.due_at(ping(TOPIC), 60000)
        self.assertTrue(self.wakes(self.announce, TOPIC))

    def test_by_several_when_any_of_them_is_the_first(self):
        td = self.with_subscriber(OTHER)
        self.call("SET", f"paced:{td}", f"{self.now_ms() + 60000} 60000")
        self.due_at("p due", 30000)
        self.assertFalse(self.wakes(self.announce, OTHER))
        self.assertTrue(self.wakes(self.announce, OTHER, TOPIC))

    def test_by_a_request_to_be_validated(self):
        self.assertTrue(self.wakes(
            lambda: self.request_script(how="validate")))

    def test_an_announcement_of_what_is_fetched_may_wait(self):
        """The end of the fetch says so to the owner."""
        self.announce(TOPIC)
        self.taken()
        self.announce(TOPIC)
        self.fetched()
        self.assertEqual(self.taken(), [ping(TOPIC)])


if __name__ == "__main__":
    unittest.main()
