"""The sweep script: leases end in time, and renewed ones move on."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest


class Activation(ScriptTest):
    """Where an activation or a renewal puts its lease."""

    def activate(self, lease_s, passed_ms=0):
        generation = self.run_script(
            "request", TD, CD, "s", TOPIC, TOPIC, CALLBACK, lease_s, "-", 60,
            99, "trust", "", 0)
        self.run_script("verified", TD, CD, "s", generation, "confirmed",
                        passed_ms, 0, 0, "-")
        return int(self.read_record().split(b" ")[1])

    def minute(self, end):
        return (end + 59) // 60 * 60

    def test_a_long_one_ends_with_the_minute_a_short_one_on_the_second(self):
        end = self.activate(3600)
        self.assertEqual(self.leases(), [self.minute(end)])
        self.setUp()
        end = self.activate(3599)
        self.assertEqual(self.leases(), [end])

    def test_a_renewal_to_later_needs_no_other_entry(self):
        end = self.activate(3600)
        for lease_s in (7200, 86400):
            self.activate(lease_s)
        self.assertEqual(self.leases(), [self.minute(end)])

    def test_a_renewal_to_earlier_is_looked_at_then(self):
        long = self.activate(86400)
        short = self.activate(60)
        self.assertEqual(self.leases(), [short, self.minute(long)])

    def test_a_new_one_after_an_end_has_an_entry_of_its_own(self):
        self.activate(86400)
        generation = self.run_script(
            "request", TD, CD, "u", TOPIC, TOPIC, CALLBACK, 0, "-", 60, 99,
            "trust", "", 0)
        self.run_script("verified", TD, CD, "u", generation, "confirmed", 0,
                        0, 0, "-")
        end = self.activate(60)
        self.assertIn(end, self.leases())


class Leases(ScriptTest):
    def lease(self, cd, expires_s, lease_s=60):
        self.subscription(cd, expires_s=expires_s, lease_s=lease_s)

    def renew(self, cd, expires_s, lease_s=60):
        """The record only: a renewal to later leaves the lists alone."""
        self.write_record(f"1 {expires_s} {lease_s} 2 - - {CALLBACK}", cd)

    def test_a_lapsed_lease_ends_the_subscription(self):
        now_s = self.now_ms() // 1000
        self.lease("lapsed", now_s)
        self.lease("lasts", now_s + 60)
        self.assertEqual(self.sweep()[0], 1)
        self.assertEqual(self.index(), ["lasts"])
        self.assertEqual(self.leases(f"{TD}:lasts"), [now_s + 60])
        self.assertFalse(self.exists(f"lease:{now_s}"))
        self.assertIsNone(self.read_record("lapsed"))
        self.assertIsNotNone(self.read_record("lasts"))

    def test_the_limit_holds_and_says_that_there_is_more(self):
        for n in range(5):
            self.lease(f"cd{n}", n // 2 + 1)
        self.assertEqual(self.sweep(limit=3), [3, 0, 0, 1])
        self.assertEqual(self.sweep(limit=3), [2, 0, 0, 0])
        self.assertFalse(self.exists(f"subs:{TD}"))
        self.assertFalse(self.exists("lease"))

    def test_a_lease_far_away_stays(self):
        self.lease("far", 2 ** 52)
        self.assertEqual(self.sweep()[0], 0)

    def test_a_renewed_one_moves_to_its_new_end(self):
        end = self.now_ms() // 1000 + 100
        for lease_s, slot in ((60, end), (3600, (end + 59) // 60 * 60)):
            with self.subTest(lease_s=lease_s):
                self.setUp()
                self.lease("cd", 1)
                self.renew("cd", end, lease_s)
                self.assertEqual(self.sweep()[0], 0)
                self.assertIsNotNone(self.read_record("cd"))
                self.assertEqual(self.leases(f"{TD}:cd"), [slot])

    def test_several_entries_of_one_become_one(self):
        self.lease("cd", 1)
        self.lease("cd", 2)
        end = self.now_ms() // 1000 + 100
        self.renew("cd", end)
        self.sweep()
        self.assertEqual(self.leases(f"{TD}:cd"), [end])

    def test_what_has_ended_before_leaves_nothing(self):
        self.lease("cd", 1)
        self.call("HDEL", f"sub:{TD}", "cd")
        self.assertEqual(self.sweep()[0], 0)
        self.assertFalse(self.exists("lease"))

    def test_a_record_of_a_newer_format_is_looked_at_again(self):
        self.lease("cd", 1)
        self.write_record("2 something else", "cd")
        self.assertEqual(self.sweep(), [0, 0, 0, 0])
        slot, = self.leases(f"{TD}:cd")
        self.assertGreater(slot, self.now_ms() // 1000)
        self.assertIsNotNone(self.read_record("cd"))

    def test_all_that_is_kept_for_a_subscription_goes_with_it(self):
        self.lease("cd", 1)
        self.call("HSET", f"follow:{TD}", "cd", "1 run 0-0 0 0 0-0")
        self.call("ZADD", f"missed:{TD}:cd", 0, "x")
        self.call("ZADD", "suspended", 1, f"{TD}:cd")
        self.call("HSET", f"tries:{TD}", "cd", "1 0 0 0")
        self.assertEqual(self.sweep()[0], 1)
        for key in ("sub:{}", "subs:{}", "missed:{}:cd", "follow:{}",
                    "tries:{}", "suspended", "lease"):
            self.assertFalse(self.exists(key.format(TD)), key)


if __name__ == "__main__":
    unittest.main()
