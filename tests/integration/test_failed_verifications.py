"""A verification that fails says why: in the log, once, and in the admin API."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import AdminSystemTest
from support.httpd import Answer
from support.subscriber import status, with_newline
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


def long_body(_challenge):
    return Answer(200, b"x" * 70)


def endless_body(_challenge):
    return Answer(200, b"x" * 5000)


class FailedVerifications(AdminSystemTest):
    roles = ("hub", "spreader", "deliver")

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()

    def rows(self, count):
        def found():
            rows = self.get("/admin/verifications")["verifications"]
            return rows if len(rows) == count else None
        return wait_until(found, f"{count} are listed")

    def lines(self, outcome):
        return [line for line in
                self.system.program("deliver").events("verification")
                if line["outcome"] == outcome]

    def check(self, confirm, why):
        callback = self.subscriber.callback("/cb", confirm=[confirm])
        self.system.request(TOPIC, callback)
        row, = self.rows(1)
        self.assertEqual({**row, "at_ms": 0}, {
            "at_ms": 0, "mode": "subscribe", "topic": TOPIC,
            "callback": callback.url, "why": why, "failures": 0,
            "again": False})
        line, = wait_until(lambda: self.lines("refused"), "it is logged")
        self.assertEqual((line["callback"], line["topic"], line["why"]),
                         (callback.url, TOPIC, why))

    def test_a_status(self):
        self.check(status(404), "HTTP status 404")

    def test_a_line_end_too_many(self):
        self.check(with_newline, "not the challenge: 65 bytes")

    def test_a_body_that_is_something_else(self):
        self.check(long_body, "not the challenge: 70 bytes")

    def test_a_body_without_end(self):
        self.check(endless_body, "not the challenge: more than 4096 bytes")

    def test_what_is_tried_again_says_so_each_time(self):
        callback = self.subscriber.callback("/cb", confirm=[
            status(500), status(429), status(408), status(425)])
        self.system.request(TOPIC, callback)
        for count in range(1, 4):
            rows = self.rows(count)
            self.assertEqual((rows[0]["failures"], rows[0]["again"]),
                             (count, True))
            self.system.make_due()
        rows = self.rows(4)
        self.assertEqual([row["why"] for row in rows],
                         [f"HTTP status {code}"
                          for code in (425, 408, 429, 500)])
        self.assertFalse(rows[0]["again"])
        wait_until(lambda: self.lines("refused"), "it is logged")
        self.assertEqual(len(self.lines("again")), 3)

    def test_an_unsubscription(self):
        callback = self.subscriber.callback("/cb")
        self.system.activate(TOPIC, callback)
        callback.next_confirm(status(404))
        self.system.hub.unsubscribe(TOPIC, callback.url)
        row, = self.rows(1)
        self.assertEqual(row["mode"], "unsubscribe")

    def test_many_are_bounded_and_end_after_an_hour(self):
        callback = self.subscriber.callback("/cb", confirm=[status(404)])
        key = self.system.store.key(TOPIC, "verifications")
        for n in range(1200):
            self.system.redis.call(
                "XADD", key, f"{1 if n < 600 else 1700000000000 + n}-{n + 1}",
                "m", "s", "t", "t", "c", "c", "o", "refused", "n", 0, "why",
                "old")
        self.system.request(TOPIC, callback)
        row, = self.rows(1)
        self.assertEqual(row["why"], "HTTP status 404")
        self.assertEqual(self.system.redis.call("XLEN", key), 1)
        self.assertLessEqual(self.system.redis.call("PTTL", key), 3600000)


if __name__ == "__main__":
    unittest.main()
