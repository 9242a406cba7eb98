"""What the scripts do with denials: request, deny and verified; and with topics
that are to be looked at first."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest, host_id

GIVEN = TOPIC.replace("topic", "%74opic")


class DenialTest(ScriptTest):
    def request(self, mode="s", how="verify", cd=CD, reason=""):
        return self.request_script(mode, cd=cd, given=GIVEN,
                                   callback=CALLBACK + cd, how=how,
                                   reason=reason)

    def verified(self, generation, mode="s", outcome="confirmed", cd=CD,
                 delay_ms=0, failures=0, entry="-"):
        return self.run_script("verified", TD, cd, mode, generation, outcome,
                               0, delay_ms, failures, entry).decode()

    def active(self, cd=CD):
        generation = self.request(cd=cd)
        self.assertEqual(self.verified(generation, cd=cd), "applied")
        return generation

    def deny(self, cd="-", reason="No.", after="", size=100, most=1000):
        ended, last = self.run_script("deny", TD, TOPIC, cd, reason, after,
                                      size, most)
        return ended, last.decode()

    def waiting(self, mode, cd=CD):
        return self.hash(f"request:{TD}:{cd}:{mode}")

    def queued(self, mode="d"):
        """The CDs of that mode in `verify`, and their generations."""
        got = [(fields[b"q"].decode().split(":"), int(fields[b"g"]))
               for _, fields in self.entries("verify")]
        return [(q[1], g) for q, g in got if q[2] == mode]

    def check_gone(self, cd=CD):
        self.assertIsNone(self.read_record(cd))
        self.assertNotIn(cd, self.index())

    def check_denied(self, generation, given=GIVEN, reason=b"No.", cd=CD):
        self.check_gone(cd)
        self.assertFalse(self.waiting("s", cd))
        self.assertEqual(self.waiting("d", cd), {
            b"v": b"1", b"g": b"%d" % generation, b"t": TOPIC.encode(),
            b"tg": given.encode(), b"c": (CALLBACK + cd).encode(),
            b"r": reason, b"w": f"{host_id(CALLBACK)} -".encode()})
        self.assertEqual(self.queued()[-1], (cd, generation))


class Request(DenialTest):
    def test_a_denied_request_is_only_told(self):
        generation = self.request(how="deny", reason="No.")
        self.assertEqual(generation, 1)
        self.check_denied(generation)
        self.assertEqual(self.queued("s"), [])

    def test_a_denied_renewal_ends_the_subscription(self):
        self.active()
        self.request()
        self.check_denied(self.request(how="deny", reason="No."))

    def test_a_denial_leaves_the_others(self):
        self.active("a" * 22)
        self.request(cd="b" * 22)
        self.request(how="deny")
        self.assertIsNotNone(self.read_record("a" * 22))
        self.assertTrue(self.waiting("s", "b" * 22))

    def test_a_topic_to_look_at_is_queued_for_the_spreader(self):
        self.assertEqual(self.request(how="validate"), 1)
        self.assertEqual(self.entries("verify"), [])
        self.assertEqual(self.call("ZRANGE", "validations", 0, -1),
                         [f"w {TD}:{CD}:s 1 {TOPIC}".encode()])
        self.assertEqual(len(self.entries("wake")), 1)
        self.assertTrue(self.waiting("s"))


class Deny(DenialTest):
    def test_one_subscription_ends(self):
        self.active()
        self.active("b" * 22)
        self.assertEqual(self.deny(CD), (1, ""))
        self.check_denied(3, given=TOPIC)
        self.assertEqual(len(self.queued()), 1)
        self.assertIsNotNone(self.read_record("b" * 22))
        self.assertIsNone(self.call("HGET", f"topic:{TD}", "denied"))

    def test_one_waiting_request_ends(self):
        self.request()
        self.assertEqual(self.deny(CD), (1, ""))
        self.check_denied(2)
        self.assertEqual(self.verified(1), "superseded")

    def test_nothing_is_told_to_who_has_none(self):
        self.assertEqual(self.deny(CD), (0, ""))
        self.assertEqual(self.entries("verify"), [])

    def test_pages_end_all(self):
        cds = [f"{n:022}" for n in range(25)]
        for cd in cds:
            self.active(cd)
        after, pages = "", []
        while True:
            ended, after = self.deny(after=after, size=10)
            pages.append(ended)
            if not after:
                break
        self.assertEqual(pages, [10, 10, 5])
        self.assertEqual([cd for cd, _ in self.queued()], cds)
        self.assertFalse(self.exists("subs:"))
        self.assertGreater(self.call("TTL", f"topic:{TD}"), 0)

    def test_pages_keep_to_the_room_and_go_on_later(self):
        for n in range(5):
            self.active(f"{n:022}")
        self.assertEqual(self.deny(most=3), (3, f"{2:022}"))
        self.assertEqual(self.deny(most=3, after=f"{2:022}"), (-1, ""))
        for n in range(3):
            cd = f"{n:022}"
            told = int(self.waiting("d", cd)[b"g"])
            self.assertEqual(self.verified(told, "d", "told", cd=cd), "applied")
        self.assertEqual(self.deny(most=3), (2, ""))

    def test_a_request_older_than_the_denial_is_denied_when_confirmed(self):
        generation = self.request()
        self.assertEqual(self.deny(reason="No\nnever."), (0, ""))
        self.assertEqual(self.verified(generation), "denied")
        self.check_denied(generation, reason=b"No\nnever.")
        self.assertEqual(self.verified(generation, "d", "told"), "applied")
        self.assertFalse(self.waiting("d"))

    def test_a_failed_verification_after_a_denial_tells_nothing(self):
        generation = self.request()
        self.deny()
        self.assertEqual(self.verified(generation, outcome="refused"),
                         "applied")
        self.assertEqual(self.queued(), [])

    def test_a_newer_request_is_served(self):
        self.active()
        self.deny()
        self.assertEqual(self.verified(self.request()), "applied")
        self.assertIsNotNone(self.read_record())

    def test_an_unsubscription_is_applied_after_a_denial(self):
        self.active()
        generation = self.request("u")
        self.deny()
        self.assertEqual(self.verified(generation, "u"), "applied")

    def test_a_record_of_a_newer_format_stays(self):
        self.active()
        self.write_record("2 something else")
        self.assertEqual(self.deny(), (0, ""))
        self.assertEqual(self.read_record(), b"2 something else")


class Told(DenialTest):
    def test_a_told_denial_is_forgotten(self):
        for outcome in ("told", "untold"):
            generation = self.request(how="deny")
            (entry, _), = self.read("verify")
            self.assertEqual(
                self.verified(generation, "d", outcome, entry=entry),
                "applied")
            self.assertFalse(self.waiting("d"))
            self.assertEqual(self.pending("verify"), [])
            self.check_gone()

    def test_a_denial_that_failed_is_planned_again(self):
        generation = self.request(how="deny")
        (entry, _), = self.read("verify")
        self.verified(generation, "d", "again", delay_ms=0, failures=1,
                      entry=entry)
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1),
                         [f"v {TD}:{CD}:d {generation} 1".encode()])
        self.promote()
        (_, fields), = self.read("verify")
        self.assertEqual(fields, {b"q": f"{TD}:{CD}:d".encode(),
                                  b"g": b"%d" % generation, b"n": b"1"})

    def test_a_newer_confirmation_voids_a_denial_and_not_the_reverse(self):
        self.request(how="deny")
        newer = self.request()
        self.assertEqual(self.verified(newer), "applied")
        self.assertFalse(self.waiting("d"))
        self.assertEqual(self.verified(1, "d", "told"), "superseded")
        self.assertIsNotNone(self.read_record())
        older = self.request("u")
        self.request(how="deny")
        self.assertEqual(self.verified(older, "u"), "applied")
        self.assertTrue(self.waiting("d"))


if __name__ == "__main__":
    unittest.main()
