"""What is to be fetched: announce and announced, take, fetched and validated;
and when the owner of a shard is woken."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest, pairs

OTHER = "http://publisher.example/other"


def ping(topic):
    return f"p {topic}"


class FetchTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.question = 0

    def ask(self, question, most=100):
        """When the next is due, and what was taken with its failures."""
        due, *taken = self.as_owner("take", question, most)
        return due, [(member.decode(), failures) for member, failures in
                     zip(taken[::2], taken[1::2])]

    def take(self, most=100):
        """A question of its own."""
        self.question += 1
        return self.ask(self.question, most)

    def taken(self, most=100):
        return [member for member, _ in self.take(most)[1]]

    def fetched(self, outcome="unchanged", failures=0, again_ms=-1,
                topic=TOPIC):
        return self.as_owner("fetched", TD, topic, outcome, 200, "", "", "",
                             "d", "t", "b", "", "", failures, again_ms, "")

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

    def test_nothing_is_announced(self):
        self.unchanged_by(self.announce)

    def test_what_nobody_subscribes_to_wants_no_fetch(self):
        self.unchanged_by(lambda: self.run_script("announce", TOPIC, TD))
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
        self.fetched()
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


class Validations(FetchTest):
    """Topics to look at before a request is verified."""

    def request(self, most=99):
        return self.run_script("request", TD, CD, "s", TOPIC, TOPIC, CALLBACK,
                               60, "-", 60, most, "validate")

    def member(self, generation):
        return f"w {TD}:{CD}:s {generation} {TOPIC}"

    def validated(self, generation, outcome, failures=0):
        return self.as_owner("validated", TD, CD, generation, TOPIC, outcome,
                             "why", 60000, failures).decode()

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

    def test_no_more_than_told_wait_but_those_that_have_failed(self):
        generation = self.request(1)
        self.assertEqual(self.unchanged_by(lambda: self.request(1)), -1)
        self.taken()
        self.assertEqual(self.unchanged_by(lambda: self.request(1)), -1)
        self.validated(generation, "again", 1)
        self.assertTrue(self.request(1) > generation)

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
        generation = self.run_script(
            "request", TD, cd, "s", TOPIC, TOPIC, CALLBACK, 60, "-", 60, 99,
            "verify")
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

    def test_by_a_request_to_be_validated(self):
        self.assertTrue(self.wakes(
            self.run_script, "request", TD, CD, "s", TOPIC, TOPIC, CALLBACK,
            60, "-", 60, 9, "validate"))

    def test_an_announcement_of_what_is_fetched_may_wait(self):
        """The end of the fetch says so to the owner."""
        self.announce(TOPIC)
        self.taken()
        self.announce(TOPIC)
        self.fetched()
        self.assertEqual(self.taken(), [ping(TOPIC)])


if __name__ == "__main__":
    unittest.main()
