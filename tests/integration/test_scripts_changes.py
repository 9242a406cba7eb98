"""What becomes of subscriptions is told in `changes`, once, by the script that
does it."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest


class Changes(ScriptTest):
    def request(self, mode="s", how="verify"):
        return self.request_script(mode, how=how)

    def verified(self, generation, mode="s", outcome="confirmed",
                 replicas=""):
        return self.run_script("verified", TD, CD, mode, generation, outcome,
                               0, 0, 0, "-", replicas)

    def told(self):
        """The kinds since the last look."""
        rows = [fields for _, fields in self.entries("changes")]
        self.call("XTRIM", "changes", "MAXLEN", 0)
        for row in rows:
            self.assertEqual((row.pop(b"v"), row.pop(b"td"), row.pop(b"cd")),
                             (b"1", TD.encode(), CD.encode()))
            self.assertEqual(list(row), [b"k"])
        return [row[b"k"].decode() for row in rows]

    def active(self):
        self.verified(self.request())
        self.assertEqual(self.told(), ["subscription_created"])

    def test_nothing_is_told_of_a_request(self):
        self.request()
        self.verified(1, outcome="refused")
        self.assertEqual(self.told(), [])

    def test_a_new_one_is_created_and_a_renewed_one_updated(self):
        self.active()
        self.verified(self.request())
        self.assertEqual(self.told(), ["subscription_updated"])

    def test_a_repetition_tells_nothing(self):
        generation = self.request()
        for _ in range(3):
            self.verified(generation)
        self.assertEqual(self.told(), ["subscription_created"])
        generation = self.request("u")
        for _ in range(3):
            self.verified(generation, "u", replicas="replicas")
        self.assertEqual(self.told(), ["subscription_deleted"])

    def test_one_that_is_to_be_replicated_is_told_once(self):
        generation = self.request()
        for _ in range(2):
            self.verified(generation, replicas="replicas")
        self.verified(generation, outcome="replicated")
        self.assertEqual(self.told(), ["subscription_created"])

    def test_an_unsubscription(self):
        self.active()
        self.verified(self.request("u"), "u")
        self.assertEqual(self.told(), ["subscription_deleted"])

    def test_a_lease_that_ends(self):
        self.subscription(expires_s=1)
        self.sweep()
        self.sweep()
        self.assertEqual(self.told(), ["subscription_deleted"])

    def test_410(self):
        self.subscription()
        event = self.event()
        self.post_page(event)
        (entry, _), = self.read("outbox")
        for _ in range(2):
            self.run_script("settle", "job", "outbox", entry, "gone", event,
                            CD, TD, 1)
        self.assertEqual(self.told(), ["subscription_deleted"])

    def test_denials(self):
        self.active()
        self.request(how="deny")
        self.assertEqual(self.told(), ["subscription_deleted"])
        self.request()
        self.run_script("deny", TD, TOPIC, "-", "No.", "", 100, 1000)
        self.assertEqual(self.told(), [])
        self.subscription()
        self.run_script("deny", TD, TOPIC, "-", "No.", "", 100, 1000)
        self.assertEqual(self.told(), ["subscription_deleted"])

    def test_replicas_are_the_home_shards_to_tell(self):
        record = f"1 9999999999 3600 5 - {CALLBACK} -"
        star = digest("*")
        self.run_script("replicate", star, CD, "s", 5, record, 9999999999, 60)
        self.run_script("replicate", star, CD, "u", 6, "", "", 60)
        self.assertEqual(self.told(), [])

    def test_the_stream_is_capped(self):
        self.redis.call_many([["XADD", "websub:{0}:changes", "*", "v", 1, "k",
                               "subscription_created"]] * 12000)
        self.verified(self.request())
        self.assertLess(self.call("XLEN", "changes"), 10200)


if __name__ == "__main__":
    unittest.main()
