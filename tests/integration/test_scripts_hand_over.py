"""`hand_over` alone: what a dead process has claimed is posted anew, once."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.scripts import TD, ScriptTest, targets

DEAD = "d:7"
CDS = [digest(f"http://subscriber.example/{n}") for n in range(40)]


class HandOverTest(ScriptTest):
    def hand_over(self, name="d", incarnation=7, most=1000):
        return self.run_script("hand_over", name, incarnation, most)

    def post_job(self, *words, lane="outbox"):
        return self.call("XADD", lane, "*", *words).decode()

    def crash_count(self, entry, lane="outbox"):
        count = self.call("HGET", "crashes", f"{lane} {entry}")
        return count and count.decode()

    def count_crash(self, entry, token, lane="outbox"):
        return self.run_script("crashes", "taken", token, lane, entry)

    def consumers(self, stream):
        return [row[1].decode()
                for row in self.call("XINFO CONSUMERS", stream, "deliver")]

    def page(self, count):
        self.subscribe(*CDS[:count])
        event = self.event()
        self.post_page(event)
        return event


class SingleJobs(HandOverTest):
    def test_a_job_comes_again_with_its_fields_and_is_taken_over(self):
        old = self.post_job("e", "1-1", "c", CDS[0], "n", 2, "k", 1)
        self.read("outbox", consumer=DEAD)
        self.assertEqual(self.hand_over(), [1, 0])
        (new, fields), = self.entries("outbox")
        self.assertNotEqual(new, old)
        self.assertEqual(fields, {b"e": b"1-1", b"c": CDS[0].encode(),
                                  b"n": b"2", b"k": b"1", b"x": b"1"})
        self.assertEqual(self.pending("outbox"), [])
        self.assertEqual([row[0] for row in self.read("outbox")], [new])

    def test_of_bulk_it_comes_to_outbox(self):
        self.post_job("e", "1-1", "c", CDS[0], lane="bulk")
        self.read("bulk", consumer=DEAD)
        self.assertEqual(self.hand_over(), [1, 0])
        self.assertEqual(len(self.entries("outbox")), 1)
        self.assertEqual(self.entries("bulk"), [])

    def test_a_cursor_job_keeps_its_number(self):
        self.post_job("f", TD, "c", CDS[0], "u", 5, "n", 0, "k", 0)
        self.read("outbox", consumer=DEAD)
        self.hand_over()
        (_, fields), = self.entries("outbox")
        self.assertEqual(fields[b"u"], b"5")
        self.assertEqual(fields[b"f"], TD.encode())
        self.assertEqual(fields[b"x"], b"1")

    def test_the_crash_count_moves_along_and_goes_on(self):
        self.post_job("e", "1-1", "c", CDS[0])
        for count in (1, 2, 2):  # others may have caused the first two
            (was, _), = self.read("outbox", consumer=DEAD)
            self.hand_over()
            (entry, fields), = self.entries("outbox")
            self.assertEqual(len(fields), 3)
            self.assertIsNone(self.crash_count(was))
            self.read("outbox", consumer=DEAD)
            self.assertEqual(self.count_crash(entry, f"t{count}"), [count])
            self.hand_over()

    def test_an_unread_one_keeps_its_count_in_a_sweep(self):
        entry = self.post_job("e", "1-1", "c", CDS[0])
        self.read("outbox", consumer=DEAD)
        self.count_crash(entry, "t")
        self.hand_over()
        (new, _), = self.entries("outbox")
        self.sweep()
        self.assertEqual(self.crash_count(new), "1 t")


class Bundles(HandOverTest):
    def test_each_job_becomes_an_entry_with_a_crash(self):
        event = self.page(5)
        self.read("outbox", consumer=DEAD)
        self.assertEqual(self.hand_over(), [1, 0])
        entries = self.entries("outbox")
        self.assertEqual(sorted(fields[b"c"].decode()
                                for _, fields in entries), sorted(CDS[:5]))
        for entry, fields in entries:
            self.assertEqual(fields[b"e"].decode(), event)
            self.assertEqual(self.crash_count(entry), "1 -")
        self.assertEqual(self.pending("outbox"), [])

    def test_what_was_settled_of_it_does_not_come_again(self):
        event = self.page(5)
        (entry, fields), = self.read("outbox", consumer=DEAD)
        self.run_script("settle", "part", "outbox", entry, "-", 0b11001,
                        "done", event, 2)
        self.hand_over()
        expected = targets(fields)
        self.assertEqual(
            [fields[b"c"].decode() for _, fields in self.entries("outbox")],
            [expected[0], expected[3], expected[4]])
        self.assertEqual(self.hash("parts"), {})
        self.assertEqual(self.hash("refs")[event.encode()], b"3")

    def test_who_wakes_settles_nothing(self):
        event = self.page(5)
        (entry, _), = self.read("outbox", consumer=DEAD)
        self.hand_over()
        self.assertEqual(self.unchanged_by(lambda: self.run_script(
            "settle", "rest", "outbox", entry, "-", "done", event, 5)), 0)


class Verifications(HandOverTest):
    def test_they_come_again_as_they_were(self):
        self.call("XADD", "verify", "*", "q", f"{TD}:{CDS[0]}:s", "g", 3)
        self.read("verify", consumer=DEAD)
        self.assertEqual(self.hand_over(), [1, 0])
        (_, fields), = self.read("verify")
        self.assertEqual(fields, {b"q": f"{TD}:{CDS[0]}:s".encode(),
                                  b"g": b"3"})


class Whose(HandOverTest):
    def claim(self, consumer):
        self.post_job("e", "1-1", "c", CDS[0])
        (entry, _), = self.read("outbox", consumer=consumer)
        return entry

    def test_of_others_nothing_is_touched(self):
        held = [self.claim(consumer) for consumer in
                ("d:8", "e:1", "dd:1", "x:d:1", "d", "d:x")]
        self.assertEqual(self.unchanged_by(self.hand_over), [0, 0])
        self.assertEqual(self.pending("outbox"), held)

    def test_earlier_lives_count_too(self):
        for consumer in ("d:3", "d:7"):
            self.claim(consumer)
        self.assertEqual(self.hand_over(), [2, 0])
        self.assertEqual(self.consumers("outbox"), [])

    def test_the_consumer_goes_with_the_last_entry(self):
        for _ in range(5):
            self.claim(DEAD)
        self.assertEqual(self.hand_over(most=3), [3, 2])
        self.assertEqual(self.consumers("outbox"), [DEAD])
        self.assertEqual(self.hand_over(most=3), [2, 0])
        self.assertEqual(self.consumers("outbox"), [])
        self.assertEqual(len(self.entries("outbox")), 5)

    def test_repeated_it_changes_nothing(self):
        self.claim(DEAD)
        self.hand_over()
        self.assertEqual(self.unchanged_by(self.hand_over), [0, 0])

    def test_two_callers_post_each_once(self):
        for _ in range(7):
            self.claim(DEAD)
        handed = 0
        for most in (2, 3, 2, 3):
            handed += self.hand_over(most=most)[0]
        self.assertEqual(handed, 7)
        self.assertEqual(len(self.entries("outbox")), 7)

    def test_without_groups_there_is_nothing(self):
        self.redis.call("FLUSHALL")
        self.assertEqual(self.unchanged_by(self.hand_over), [0, 0])

    def test_an_entry_that_has_left_is_acknowledged(self):
        entry = self.claim(DEAD)
        self.call("XDEL", "outbox", entry)
        self.assertEqual(self.hand_over(), [1, 0])
        self.assertEqual(self.pending("outbox"), [])
        self.assertEqual(self.entries("outbox"), [])


class FullTest(HandOverTest):
    redis_options = ("--maxmemory-policy", "noeviction")

    def test_it_works_at_the_memory_limit(self):
        self.page(5)
        self.read("outbox", consumer=DEAD)
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        try:
            self.assertEqual(self.hand_over(), [1, 0])
        finally:
            self.redis.call("CONFIG", "SET", "maxmemory", 0)


if __name__ == "__main__":
    unittest.main()
