"""The scripts that make and end subscriptions: request and verified."""

import itertools
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CALLBACK, CD, PREFIX, TD, TOPIC, ScriptTest, host_id

KEY = f"{TD}:{CD}"


class SubscriptionTest(ScriptTest):
    def request(self, mode="s", **options):
        return self.request_script(mode, **options)

    def verified(self, generation, mode="s", outcome="confirmed", passed_ms=0,
                 delay_ms=0, failures=0, entry="-"):
        return self.run_script("verified", TD, CD, mode, generation, outcome,
                               passed_ms, delay_ms, failures, entry).decode()

    def active(self, lease=3600):
        """Makes an active subscription; returns its generation."""
        generation = self.request(lease=lease)
        self.assertEqual(self.verified(generation), "applied")
        return generation

    def record(self):
        line = self.read_record()
        return line and line.split(b" ", 6)

    def waiting(self, mode):
        return self.hash(f"request:{KEY}:{mode}")

    def check_subscribed(self, generation):
        self.assertEqual(int(self.record()[3]), generation)
        self.assertIn(CD, self.index())
        self.assertLessEqual(self.lease_due(), int(self.record()[1]))

    def check_not_subscribed(self):
        self.assertIsNone(self.record())
        self.assertNotIn(CD, self.index())


class Request(SubscriptionTest):
    def test_a_request_is_stored_and_queued(self):
        self.assertEqual(self.request(secret="sealed"), 1)
        self.assertEqual(self.waiting("s"), {
            b"v": b"1", b"g": b"1", b"t": TOPIC.encode(),
            b"c": CALLBACK.encode(), b"l": b"3600", b"s": b"sealed",
            b"w": f"{host_id(CALLBACK)} -".encode()})
        self.assertEqual([fields for _, fields in self.entries("verify")],
                         [{b"q": f"{KEY}:s".encode(), b"g": b"1"}])

    def test_a_request_leaves_nothing_of_the_one_before(self):
        self.request(ordered=1, chosen="1s", verify_token="a token")
        waiting = self.waiting("s")
        self.assertEqual((waiting[b"o"], waiting[b"p"], waiting[b"vt"]),
                         (b"1", b"1s", b"a token"))
        self.redis.call("HSET", f"{PREFIX}request:{KEY}:s", "ok", 1)
        self.request()
        self.assertEqual(set(self.waiting("s")),
                         {b"v", b"g", b"t", b"c", b"l", b"s", b"w"})

    def test_what_was_chosen_stands_behind_the_flag(self):
        for ordered, chosen, flags in ((0, "1s", b"-1s"), (1, "5", b"o5"),
                                       (0, "", b"f")):
            self.verified(self.request(ordered=ordered, chosen=chosen))
            self.assertEqual(self.record()[4][1:], flags[1:])

    def test_a_repeated_request_is_verified_once(self):
        first, second = self.request(), self.request()
        self.assertEqual((first, second), (1, 2))
        self.assertEqual(self.waiting("s")[b"g"], b"2")
        self.assertEqual(self.verified(first), "superseded")
        self.check_not_subscribed()
        self.assertEqual(self.verified(second), "applied")
        self.check_subscribed(second)

    def test_a_request_lapses(self):
        self.request()
        self.let_requests_lapse()
        self.assertFalse(self.waiting("s"))

    def test_generations_rise_and_the_last_request_waits(self):
        got = [self.request(callback=f"{CALLBACK}?{n}") for n in range(5)]
        self.assertEqual(got, [1, 2, 3, 4, 5])
        self.assertEqual(self.waiting("s")[b"g"], b"5")
        self.assertEqual(self.waiting("s")[b"c"], f"{CALLBACK}?4".encode())
        self.assertEqual(self.call("XLEN", "verify"), 5)

    def test_generations_pass_what_lua_prints_with_an_exponent(self):
        self.call("SET", "gen", 2 ** 52)
        generation = self.request()
        self.assertEqual(generation, 2 ** 52 + 1)
        self.assertEqual(self.waiting("s")[b"g"], b"%d" % generation)
        self.assertEqual(self.verified(generation), "applied")
        self.check_subscribed(generation)

    def test_nothing_to_unsubscribe_changes_nothing(self):
        self.assertEqual(self.unchanged_by(lambda: self.request("u")), 0)

    def test_an_unsubscription_is_taken_for_an_active_or_a_waiting_one(self):
        self.request()
        self.assertEqual(self.request("u"), 2)
        self.verified(1)
        self.assertEqual(self.request("u"), 3)
        self.assertEqual(self.waiting("u")[b"g"], b"3")

    def test_modes_and_callbacks_do_not_meet(self):
        self.request()
        self.request(cd="x" * 22)
        self.request("u")
        self.assertEqual(self.waiting("s")[b"g"], b"1")
        self.assertEqual(self.waiting("u")[b"g"], b"3")

    def test_huge_fields_come_back_as_they_were(self):
        callback = CALLBACK + "?" + "x" * (1 << 20)
        generation = self.request(callback=callback, lease=2 ** 53 - 2 ** 33)
        self.verified(generation)
        self.assertEqual(self.record()[5], callback.encode())
        self.assertEqual(int(self.record()[2]), 2 ** 53 - 2 ** 33)
        self.assertTrue(self.record()[1].isdigit(), self.record()[1])


class Trusted(SubscriptionTest):
    def trust(self, mode="s", **options):
        return self.request(mode, how="trust", **options)

    def changes(self):
        return [fields[b"k"].decode().removeprefix("subscription_")
                for _, fields in self.entries("changes")]

    def check_nothing_waits(self):
        self.assertEqual(self.call("XLEN", "verify"), 0)
        for key in ("pending", f"request:{KEY}:s", f"request:{KEY}:u"):
            self.assertFalse(self.exists(key), key)

    def test_it_is_active_at_once_renewed_and_ended(self):
        before_s = self.now_ms() // 1000
        self.assertEqual(self.trust(secret="sealed", lease=60, chosen="1s",
                                    ordered=1), [1, 0])
        after_s = self.now_ms() // 1000
        self.check_subscribed(1)
        record = self.record()
        self.assertEqual(record[2:], [b"60", b"1", b"o1s", CALLBACK.encode(),
                                      b"sealed"])
        self.assertIn(int(record[1]) - 60, range(before_s, after_s + 1))
        self.assertEqual(self.trust(lease=30), [2, 1])
        self.assertEqual(self.record()[2:4], [b"30", b"2"])
        self.assertEqual(self.trust("u"), [3, 1])
        self.check_not_subscribed()
        self.assertEqual(self.trust("u"), 0)
        self.assertEqual(self.changes(), ["created", "updated", "deleted"])
        self.check_nothing_waits()

    def test_it_ends_what_waits(self):
        waiting = self.request()
        self.request("u")
        self.assertEqual(self.trust(), [3, 0])
        self.assertEqual(self.verified(waiting), "superseded")
        self.assertEqual(self.verified(2, "u"), "superseded")
        self.check_subscribed(3)
        self.assertFalse(self.exists("pending"))
        self.assertFalse(self.exists("counts") and
                         [name for name in self.hash("counts")
                          if name.startswith(b"h:")])

    def test_a_denial_that_waits_is_ended(self):
        self.request(how="deny", reason="No.")
        self.assertTrue(self.waiting("d"))
        self.assertEqual(self.trust(), [2, 0])
        self.assertFalse(self.waiting("d"))

    def test_what_is_there_stays_where_a_new_one_is_wanted(self):
        self.trust(secret="theirs")
        self.assertEqual(self.unchanged_by(lambda: self.trust(
            only="new", secret="ours")), 0)
        self.assertEqual(self.record()[6], b"theirs")

    def test_a_new_one_comes_in_place_of_what_is_over(self):
        self.trust(secret="theirs")
        words = self.record()
        words[1] = b"%d" % (self.now_ms() // 1000 - 1)
        self.write_record(b" ".join(words))
        self.assertEqual(self.trust(only="new", secret="ours"), [2, 1])
        self.assertEqual(self.record()[6], b"ours")

    def test_what_a_newer_version_made_stays(self):
        self.trust()
        self.write_record("2 anything else")
        for mode in "su":
            for only in ("new", "any"):
                self.assertEqual(self.unchanged_by(
                    lambda: self.trust(mode, only=only)), 0)

    def test_replicas_are_left_to_deliver(self):
        for mode, there in (("s", 0), ("u", 1)):
            generation, was_active = self.trust(mode, replicas="replicas")
            self.assertEqual(was_active, there)
            self.assertEqual(self.waiting(mode)[b"ok"], b"1")
            (entry, fields), = self.read("verify")
            self.assertEqual(fields[b"q"].decode(), f"{KEY}:{mode}")
            self.assertEqual(self.verified(generation, mode, "replicated",
                                           entry=entry), "applied")
            self.call("XDEL", "verify", entry)
            self.check_nothing_waits()

    def test_it_may_begin_paused(self):
        for ordered in (0, 1):
            with self.subTest(ordered=ordered):
                self.empty()
                self.trust(paused="paused", ordered=ordered)
                self.assertIsNotNone(self.call("ZSCORE", "paused", KEY))
                self.assertEqual(self.record()[4], b"fo"[ordered:ordered + 1])
                self.assertEqual(self.trust(paused="-")[1], 1)
                self.assertIsNotNone(self.call("ZSCORE", "paused", KEY))
                self.assertEqual(self.run_script("pause", TD, CD, TOPIC,
                                                 "resume", "-"), 1)
                self.assertIsNone(self.call("ZSCORE", "paused", KEY))
                self.assertEqual(self.trust(paused="paused")[1], 1)
                self.assertIsNotNone(self.call("ZSCORE", "paused", KEY))

    def test_bounds_hold_for_it(self):
        self.assertEqual(self.trust(memory_high=1), -16)
        self.assertEqual(self.trust(cd="x" * 22), [1, 0])
        self.assertEqual(self.unchanged_by(
            lambda: self.trust(quota=(1, 0, 0))), -20)
        self.assertEqual(self.trust(cd="x" * 22, quota=(1, 0, 0))[1], 1)


class Verified(SubscriptionTest):
    def test_a_confirmation_activates(self):
        secret = bytes(range(256))
        generation = self.request(secret=secret)
        (entry, _), = self.read("verify")
        before_s = self.now_ms() // 1000
        self.assertEqual(self.verified(generation, entry=entry), "applied")
        after_s = self.now_ms() // 1000
        self.check_subscribed(generation)
        self.assertEqual(self.record()[6], secret)
        self.assertTrue(before_s <= int(self.record()[1]) - 3600 <= after_s)
        self.assertFalse(self.waiting("s"))
        self.assertEqual(self.pending("verify"), [])
        self.assertFalse(self.exists(f"topic:{TD}"))

    def test_the_lease_counts_from_the_challenge(self):
        generation = self.request()
        before_s = self.now_ms() // 1000
        self.verified(generation, passed_ms=600000)
        after_s = self.now_ms() // 1000
        self.assertTrue(before_s <= int(self.record()[1]) - 3000 <= after_s)

    def test_a_repeated_confirmation_changes_nothing(self):
        generation = self.request()
        (entry, _), = self.read("verify")
        self.verified(generation, entry=entry)
        self.assertEqual(self.unchanged_by(
            lambda: self.verified(generation, entry=entry)), "superseded")

    def test_a_refusal_forgets_the_request_only(self):
        generation = self.request()
        self.assertEqual(self.verified(generation, outcome="refused"),
                         "applied")
        self.check_not_subscribed()
        self.assertFalse(self.waiting("s"))
        self.assertEqual(self.unchanged_by(
            lambda: self.verified(generation)), "superseded")

    def test_a_renewal_that_fails_leaves_the_record_as_it_was(self):
        self.active()
        before = self.read_record()
        for outcome in ("again", "refused"):
            with self.subTest(outcome=outcome):
                generation = self.request(lease=7200, secret="new")
                self.verified(generation, outcome=outcome)
                self.assertEqual(self.read_record(), before)
                self.check_subscribed(1)

    def test_a_renewal_replaces_the_record(self):
        self.active()
        due = self.lease_due()
        generation = self.request(lease=7200, secret="new",
                                  callback=CALLBACK)
        self.verified(generation)
        self.check_subscribed(generation)
        self.assertEqual(self.record()[6], b"new")
        self.assertEqual(self.index(), [CD])
        self.assertEqual(self.lease_due(), due)

    def test_again_is_planned(self):
        generation = self.request()
        (entry, _), = self.read("verify")
        before = self.now_ms()
        self.verified(generation, outcome="again", delay_ms=5000, failures=2,
                      entry=entry)
        member, due = self.call("ZRANGE", "retry", 0, -1, "WITHSCORES")
        self.assertEqual(member, f"v {KEY}:s {generation} 2".encode())
        self.assertTrue(before + 5000 <= int(due) <= self.now_ms() + 5000)
        self.assertEqual(self.pending("verify"), [])
        self.assertTrue(self.waiting("s"))

    def test_again_is_planned_once_though_the_answer_was_lost(self):
        generation = self.request()
        (entry, _), = self.read("verify")
        again = {"outcome": "again", "failures": 1, "entry": entry}
        self.verified(generation, **again)
        self.promote()
        self.unchanged_by(lambda: self.verified(generation, **again))

    def test_only_the_waiting_request_counts(self):
        first, second = self.request(), self.request()
        for outcome in ("confirmed", "refused", "again"):
            with self.subTest(outcome=outcome):
                self.assertEqual(self.unchanged_by(lambda: self.verified(
                    first, outcome=outcome)), "superseded")
        self.assertEqual(self.verified(second), "applied")
        self.check_subscribed(second)

    def test_a_superseded_verification_is_acknowledged(self):
        first = self.request()
        (entry, _), = self.read("verify")
        self.request()
        self.assertEqual(self.verified(first, entry=entry), "superseded")
        self.assertEqual(self.pending("verify"), [])

    def test_a_lapsed_request_counts_no_more(self):
        generation = self.request()
        self.call("DEL", f"request:{KEY}:s")
        self.assertEqual(self.unchanged_by(
            lambda: self.verified(generation)), "superseded")

    def test_a_newer_confirmation_stands(self):
        generation = self.request()
        self.write_record(f"1 9 9 {generation + 1} {CALLBACK} -")
        self.assertEqual(self.verified(generation), "stale")
        self.assertEqual(int(self.record()[3]), generation + 1)

    def test_a_record_of_a_newer_format_stands(self):
        self.write_record("2 something else")
        self.assertEqual(self.verified(self.request()), "stale")
        self.assertEqual(self.read_record(), b"2 something else")

    def test_without_the_group_the_outcome_counts(self):
        generation = self.request()
        self.call("DEL", "verify")
        self.assertEqual(self.verified(generation, entry="1-1"), "applied")
        self.check_subscribed(generation)

    def test_the_last_of_both_kinds_decides_in_every_order(self):
        """Requests s u s u ... of which each waits or was replaced; their
        confirmations come in every order."""
        for kinds in ("su", "us", "sus", "usu", "ssu", "suu", "suus"):
            for order in itertools.permutations(range(len(kinds))):
                with self.subTest(kinds=kinds, order=order):
                    self.redis.call("FLUSHALL")
                    base = self.active()
                    made = [(kind, self.request(kind)) for kind in kinds]
                    for at in order:
                        self.verified(made[at][1], made[at][0])
                    self.check_decided(base, made)

    def check_decided(self, base, made):
        kind, generation = made[-1]
        self.assertGreater(generation, base)
        if kind == "s":
            self.check_subscribed(generation)
        else:
            self.check_not_subscribed()
        for mode in ("s", "u"):
            self.assertFalse(self.waiting(mode))

    def test_a_refused_unsubscription_leaves_the_subscription(self):
        base = self.active()
        self.verified(self.request("u"), "u", "refused")
        self.check_subscribed(base)

    def test_the_topic_is_known_while_it_has_a_subscription(self):
        self.active()
        self.assertEqual(self.call("HGET", f"sub:{TD}", "t"), TOPIC.encode())
        other = "o" * 22
        self.subscribe(other)
        self.verified(self.request("u"), "u")
        self.assertEqual(self.call("HGET", f"sub:{TD}", "t"), TOPIC.encode())
        self.active()
        self.call("HDEL", f"sub:{TD}", other)
        self.verified(self.request("u"), "u")
        self.assertFalse(self.exists(f"sub:{TD}"))

    def test_an_unsubscription_leaves_the_other_subscribers(self):
        self.active()
        self.subscribe("other")
        self.verified(self.request("u"), "u")
        self.assertEqual(self.index(), ["other"])

    def test_a_topic_without_subscriptions_is_forgotten_in_time(self):
        """Who subscribes to topic after topic leaves nothing for ever."""
        self.active()
        self.call("HSET", f"topic:{TD}", "t", TOPIC)
        self.verified(self.request("u"), "u")
        self.assertGreater(self.call("TTL", f"topic:{TD}"), 0)
        self.active()
        self.assertEqual(self.call("TTL", f"topic:{TD}"), -1)


class Validated(SubscriptionTest):
    def asked(self, **options):
        """A request whose topic is being asked about; its generation."""
        generation = self.request(how="validate", **options)
        self.call("DEL", "validations", "verify")
        self.run_script("groups")
        self.call("HSET", "fetching", self.member(generation),
                  f"{int(self.epoch)}-1")
        return generation

    def member(self, generation):
        return f"w {KEY}:s {generation} {TOPIC}"

    def validated(self, generation, outcome, reason="", delay_ms=0,
                  failures=0):
        return self.as_owner("validated", TD, CD, generation, TOPIC, outcome,
                             reason, delay_ms, failures, 1).decode()

    def check_over(self):
        for key in ("fetching", "fetch_failures"):
            self.assertFalse(self.exists(key), key)

    def queued(self):
        return [fields for _, fields in self.entries("verify")]

    def test_a_valid_request_goes_on_to_its_verification(self):
        generation = self.asked()
        before = self.waiting("s")
        self.assertEqual(self.validated(generation, "valid"),
                         "applied")
        self.assertEqual(self.queued(), [{b"q": f"{KEY}:s".encode(),
                                          b"g": b"%d" % generation}])
        self.assertEqual(self.waiting("s"), before)
        self.check_over()
        self.assertEqual(self.verified(generation), "applied")
        self.check_subscribed(generation)

    def test_a_denied_one_becomes_a_denial(self):
        generation = self.asked(secret="sealed")
        self.assertEqual(self.validated(generation, "denied",
                                        "a reason"), "applied")
        self.assertFalse(self.waiting("s"))
        self.assertEqual(self.waiting("d"), {
            b"v": b"1", b"g": b"%d" % (generation + 1),
            b"t": TOPIC.encode(), b"tg": TOPIC.encode(),
            b"c": CALLBACK.encode(), b"r": b"a reason",
            b"w": f"{host_id(CALLBACK)} -".encode()})
        self.assertEqual(self.queued(), [{b"q": f"{KEY}:d".encode(),
                                          b"g": b"%d" % (generation + 1)}])
        self.check_over()

    def test_a_denial_replaces_the_one_before(self):
        self.call("HSET", f"request:{KEY}:d", "r", "old", "x", "y")
        self.call("PERSIST", f"request:{KEY}:d")
        generation = self.asked()
        self.validated(generation, "denied", "new")
        self.assertEqual(self.waiting("d")[b"r"], b"new")
        self.assertNotIn(b"x", self.waiting("d"))
        self.let_requests_lapse()
        self.assertFalse(self.waiting("d"))

    def test_an_active_subscription_stays_when_its_renewal_is_denied(self):
        old = self.active()
        generation = self.asked()
        self.validated(generation, "denied", "why")
        self.check_subscribed(old)

    def test_a_failure_for_now_is_tried_again(self):
        generation = self.asked()
        before = self.now_ms()
        self.validated(generation, "again", delay_ms=5000, failures=2)
        member, due = self.call("ZRANGE", "validations", 0, -1, "WITHSCORES")
        self.assertEqual(member, self.member(generation).encode())
        self.assertEqual(self.hash("fetch_failures"), {member: b"2"})
        self.assertFalse(self.exists("fetching"))
        self.assertTrue(before + 5000 <= int(due) <= self.now_ms() + 5000)
        self.assertTrue(self.waiting("s"))
        self.assertEqual(self.queued(), [])
        self.call("ZADD", "validations", 0, member)
        self.assertEqual(self.as_owner("take", 1, 9, 9), [-1, member, 2])

    def test_only_the_request_that_waits_counts(self):
        for outcome in ("valid", "denied", "again"):
            with self.subTest(outcome=outcome):
                self.setUp()
                generation = self.asked()
                newer = self.request(how="validate")
                self.assertEqual(
                    self.validated(generation, outcome), "superseded")
                self.assertEqual(self.waiting("s")[b"g"], b"%d" % newer)
                self.assertFalse(self.waiting("d"))
                self.assertEqual(self.call("ZRANGE", "validations", 0, -1),
                                 [self.member(newer).encode()])
                self.assertNotIn(b"%d" % generation,
                                 [fields[b"g"] for fields in self.queued()])
                self.check_over()

    def test_a_request_that_is_gone_is_forgotten(self):
        generation = self.asked()
        self.call("DEL", f"request:{KEY}:s")
        self.assertEqual(self.validated(generation, "denied"),
                         "superseded")
        self.assertFalse(self.waiting("d"))
        self.check_over()

    def test_a_lost_answer_changes_nothing_more(self):
        for outcome in ("valid", "denied", "again"):
            with self.subTest(outcome=outcome):
                self.setUp()
                generation = self.asked()
                self.validated(generation, outcome)
                self.assertEqual(self.unchanged_by(
                    lambda: self.validated(generation, outcome)),
                    "superseded")

    def test_generations_pass_what_lua_prints_with_an_exponent(self):
        self.call("SET", "gen", 2 ** 49)
        generation = self.asked()
        self.assertEqual(self.validated(generation, "denied"),
                         "applied")
        self.assertEqual(self.waiting("d")[b"g"], b"%d" % (2 ** 49 + 2))


if __name__ == "__main__":
    unittest.main()
