"""The script pull_in: times that a wrong clock gave."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import ScriptTest

HOUR_MS = 3600 * 1000
LONGEST_MS = 60000
SEEN_MS = 30 * 24 * HOUR_MS


class PullIn(ScriptTest):
    def pull_in(self):
        """How many were brought back."""
        return self.run_script("pull_in", LONGEST_MS, 100, SEEN_MS)[1]

    def test_what_waits_too_long_is_due_now_and_the_rest_stays(self):
        now = self.redis.now_ms()
        for key in ("retry", "fetch"):
            for member, due in (("far", now + 3 * HOUR_MS),
                                ("near", now + LONGEST_MS - 1000),
                                ("due", now - 1000)):
                self.call("ZADD", key, due, member)
        self.assertEqual(self.pull_in(), 2)
        for key in ("retry", "fetch"):
            scores = self.call("ZRANGE", key, 0, -1, "WITHSCORES")
            found = dict(zip(scores[::2], map(float, scores[1::2])))
            self.assertEqual(found[b"near"], now + LONGEST_MS - 1000)
            self.assertEqual(found[b"due"], now - 1000)
            self.assertLess(found[b"far"], now + LONGEST_MS)
        self.assertEqual(self.pull_in(), 0)
        self.assertEqual(self.call("XLEN", "wake"), 1)

    def test_a_claim_stays_with_its_consumer_and_its_count(self):
        entry = self.call("XADD", "outbox", "*", "e", "1-1", "c", "x")
        self.call("XREADGROUP GROUP deliver one STREAMS", "outbox", ">")
        ahead = self.redis.now_ms() + 3 * HOUR_MS
        self.call("XCLAIM", "outbox", "deliver", "one", 0, entry, "TIME",
                  ahead, "JUSTID")
        self.pull_in()
        claim, = self.call("XPENDING", "outbox", "deliver", "IDLE", 0, "-",
                           "+", 10)
        self.assertEqual((claim[1], claim[3]), (b"one", 1))
        start = self.redis.now_ms()
        while self.redis.now_ms() < start + 5:
            pass
        claims = self.call("XPENDING", "outbox", "deliver", "IDLE", 1, "-",
                           "+", 10)
        self.assertEqual(len(claims), 1)

    def test_ids_that_are_ahead_age_from_when_they_are_seen(self):
        now = self.redis.now_ms()
        for name in ("log", "dead"):
            self.call("XADD", name, f"{now + 3 * HOUR_MS}-0", "v", 1)
        self.pull_in()
        first = self.call("HGETALL", "ahead")
        self.assertEqual(first[::2], [b"log", b"dead"])
        self.pull_in()
        self.assertEqual(self.call("HGETALL", "ahead"), first)
        self.call("DEL", "log")
        self.call("DEL", "dead")
        self.pull_in()
        self.assertEqual(self.call("HGETALL", "ahead"), [])


if __name__ == "__main__":
    unittest.main()
