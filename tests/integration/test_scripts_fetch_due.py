"""What is to be fetched, and when: announce and announced, take, postponed; and when
the owner of a shard is woken."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.fetch_test import OTHER, FetchTest, ping
from support.scripts import CD, TD, TOPIC, pairs


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
