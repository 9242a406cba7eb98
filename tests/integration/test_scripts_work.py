"""The scripts that move work: settle, promote, fetched and aside."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest


class Settle(ScriptTest):
    EVENT = "1700000000000-0"

    def jobs(self, count, event=EVENT, first=0):
        """Claimed jobs of an event, counted: pairs of entry and CD."""
        made = []
        for n in range(first, first + count):
            self.call("XADD", "outbox", "*", "e", event, "c", f"cd{n}")
            self.call("HINCRBY", "refs", event, 1)
        for entry, fields in self.read("outbox", count=count):
            made.append((entry, fields[b"c"].decode()))
        return made

    def settle(self, *outcomes):
        """Each outcome is (entry, CD), an operation of settle.lua and the
        arguments that follow event and C there."""
        words = []
        for (entry, cd), word, *rest in outcomes:
            words += ["job", "outbox", entry, word, self.EVENT,
                      *((1,) if word == "done" else (cd, *rest))]
        return self.run_script("settle", *words)

    def refs(self):
        return int(self.call("HGET", "refs", self.EVENT) or 0)

    def record(self, generation, cd="cd0"):
        self.subscription(cd, generation=generation)

    def test_done_is_counted_off(self):
        a, b = self.jobs(2)
        self.assertEqual(self.settle((a, "done")), 1)
        self.assertEqual(self.refs(), 1)
        self.assertEqual(self.settle((b, "done")), 1)
        self.assertFalse(self.exists("refs"))
        self.assertEqual(self.pending("outbox"), [])

    def test_the_last_job_lets_kept_content_go(self):
        jobs = self.jobs(2)
        self.call("HSET", f"kept:{self.EVENT}", "b", "body")
        self.settle((jobs[0], "done"))
        self.assertTrue(self.exists(f"kept:{self.EVENT}"))
        self.settle((jobs[1], "done"))
        self.assertFalse(self.exists(f"kept:{self.EVENT}"))

    def test_later_is_planned_and_stays_counted(self):
        job, = self.jobs(1)
        before = self.now_ms()
        self.settle((job, "retry", 3, 2, 5000, "-"))
        member, due = self.call("ZRANGE", "retry", 0, -1, "WITHSCORES")
        self.assertEqual(member, f"d {self.EVENT} cd0 3 2".encode())
        self.assertTrue(before + 5000 <= int(due) <= self.now_ms() + 5000)
        self.assertEqual(self.refs(), 1)
        self.assertEqual(self.pending("outbox"), [])

    def test_a_dead_letter_keeps_everything(self):
        job, = self.jobs(1)
        self.call("HSET", f"kept:{self.EVENT}", "b", "body")
        self.settle((job, "dead", 8, TOPIC, CALLBACK, "HTTP status 500"))
        (_, letter), = self.entries("dead")
        self.assertEqual(letter, {
            b"v": b"1", b"e": self.EVENT.encode(), b"t": TOPIC.encode(),
            b"c": b"cd0", b"cb": CALLBACK.encode(), b"n": b"8",
            b"why": b"HTTP status 500"})
        self.assertEqual(self.refs(), 1)
        self.assertTrue(self.exists(f"kept:{self.EVENT}"))

    def test_gone_ends_the_subscription(self):
        job, = self.jobs(1)
        self.record(7)
        self.settle((job, "gone", TD, 7))
        for key in (f"sub:{TD}", "subs:", "refs"):
            self.assertFalse(self.exists(key), key)

    def test_gone_leaves_a_renewed_subscription(self):
        job, = self.jobs(1)
        self.record(8)
        self.settle((job, "gone", TD, 7))
        for key in (f"sub:{TD}", "subs:", "lease"):
            self.assertTrue(self.exists(key), key)
        self.assertFalse(self.exists("refs"))

    def test_gone_leaves_what_it_does_not_understand(self):
        for line in ("2 newer", "", "nonsense"):
            with self.subTest(line=line):
                job, = self.jobs(1)
                self.write_record(line, "cd0")
                self.settle((job, "gone", TD, 7))
                self.assertEqual(self.read_record("cd0"), line.encode())

    def test_a_lost_answer_changes_nothing_more(self):
        jobs = self.jobs(4)
        self.record(7)
        batch = [(jobs[0], "gone", TD, 7), (jobs[1], "done"),
                 (jobs[2], "retry", 1, 0, 0, "-"),
                 (jobs[3], "dead", 8, TOPIC, CALLBACK, "why")]
        self.assertEqual(self.settle(*batch), 4)
        self.assertEqual(self.refs(), 2)
        self.assertEqual(self.unchanged_by(lambda: self.settle(*batch)), 0)
        self.promote()
        self.record(7)
        self.assertEqual(self.unchanged_by(lambda: self.settle(*batch)), 0)

    def test_a_part_that_another_settled_after_a_takeover_is_skipped(self):
        jobs = self.jobs(3)
        self.call("XCLAIM", "outbox", "deliver", "two", 0, jobs[1][0])
        self.assertEqual(self.settle((jobs[1], "retry", 1, 0, 0, "-")), 1)
        self.assertEqual(self.settle((jobs[0], "done"), (jobs[1], "done"),
                                     (jobs[2], "done")), 2)
        self.assertEqual(self.refs(), 1)

    def test_one_entry_twice_in_a_batch_counts_once(self):
        jobs = self.jobs(2)
        self.assertEqual(
            self.settle((jobs[0], "done"), (jobs[0], "done")), 1)
        self.assertEqual(self.refs(), 1)

    def test_a_batch_of_many_events(self):
        total = 256
        words = []
        for n in range(total):
            event = f"{n // 2 + 1}-{n // 2}"
            (entry, cd), = self.jobs(1, event=event, first=n)
            words += ["job", "outbox", entry, "done", event, 1]
        self.assertEqual(self.run_script("settle", *words), total)
        self.assertFalse(self.exists("refs"))

    def test_without_the_group_nothing_is_settled(self):
        jobs = self.jobs(1)
        self.call("XGROUP DESTROY", "outbox", "deliver")
        self.assertEqual(
            self.unchanged_by(lambda: self.settle((jobs[0], "done"))), 0)

    def test_huge_words(self):
        job, = self.jobs(1)
        why = "x" * (1 << 20)
        self.settle((job, "dead", 2 ** 32 - 1, why, why, why))
        (_, letter), = self.entries("dead")
        self.assertEqual(letter[b"why"], why.encode())
        job, = self.jobs(1)
        self.settle((job, "retry", 2 ** 32 - 1, 0, 2 ** 40, "-"))
        self.assertGreater(int(self.call("ZRANGE", "retry", 0, 0,
                                         "WITHSCORES")[1]), 2 ** 40)

    def test_nothing_to_settle(self):
        self.assertEqual(self.unchanged_by(self.settle), 0)


class Promote(ScriptTest):
    def plan(self, member, delay_ms=-1000):
        self.call("ZADD", "retry", self.now_ms() + delay_ms, member)

    def promote(self, most=100):
        return self.as_owner("promote", most, 5)

    def test_each_kind_goes_to_its_stream(self):
        self.plan(f"d 17-0 {CD} 3 0")
        self.plan(f"v {TD}:{CD}:u 12 1")
        self.plan(f"f {TD} {CD} 7 2 1")
        self.assertEqual(self.promote(), [3, -1])
        self.assertFalse(self.exists("retry"))
        self.assertCountEqual([fields for _, fields in
                               self.entries("outbox")], [
            {b"e": b"17-0", b"c": CD.encode(), b"n": b"3", b"k": b"0"},
            {b"f": TD.encode(), b"c": CD.encode(), b"u": b"7", b"n": b"2",
             b"k": b"1"}])
        self.assertEqual(self.entries("verify")[0][1], {
            b"q": f"{TD}:{CD}:u".encode(), b"g": b"12", b"n": b"1"})

    def test_a_job_without_failures_says_that_it_was_in_retry(self):
        self.plan(f"d 17-0 {CD} 0 0")
        self.promote()
        self.assertEqual(self.entries("outbox")[0][1], {
            b"e": b"17-0", b"c": CD.encode(), b"n": b"0", b"k": b"0"})

    def test_the_earliest_goes_first_and_the_limit_holds(self):
        for n in range(10):
            self.call("ZADD", "retry", 1000 - n, f"d 17-{n} {CD} 0 0")
        self.assertEqual(self.promote(4), [4, 0])
        self.assertEqual(self.promote(100), [6, -1])
        self.assertEqual([f[b"e"] for _, f in self.entries("outbox")],
                         [b"17-%d" % n for n in reversed(range(10))])

    def test_what_is_not_due_stays(self):
        self.plan(f"d 17-0 {CD} 0 0", 60000)
        self.plan(f"d 17-1 {CD} 0 0", 50000)
        moved, next_ms = self.unchanged_by(self.promote)
        self.assertEqual(moved, 0)
        self.assertTrue(40000 < next_ms <= 50000, next_ms)

    def test_nothing_waits(self):
        self.assertEqual(self.unchanged_by(self.promote), [0, -1])

    def test_two_callers_move_nothing_twice(self):
        for n in range(9):
            self.plan(f"d 17-{n} {CD} 0 0")
        moved = [self.promote(2)[0] for _ in range(6)]
        self.assertEqual(moved, [2, 2, 2, 2, 1, 0])
        self.assertEqual(self.call("XLEN", "outbox"), 9)

    def test_due_times_far_away(self):
        self.call("ZADD", "retry", 2 ** 52, f"d 17-0 {CD} 0 0")
        moved, next_ms = self.promote()
        self.assertEqual(moved, 0)
        self.assertGreater(next_ms, 2 ** 51)

    def test_a_broken_member_does_not_hold_up_the_others(self):
        self.plan("d broken", -2000)
        self.plan(f"d 17-0 {CD} 0 0")
        try:
            self.promote()
        except RedisError:
            self.promote()
        self.assertEqual(self.call("XLEN", "outbox"), 1)
        (name, held), = self.entries("held")
        self.assertEqual((held[b"from"], held[b".m"]), (b"retry", b"d broken"))
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1),
                         [f"u {name}".encode()])


MEMBER = f"p {TOPIC}"


class Fetched(ScriptTest):
    def fetching(self, failures=0):
        """The topic is being fetched."""
        self.call("HSET", "fetching", MEMBER, f"{int(self.epoch)}-1")
        if failures:
            self.call("HSET", "fetch_failures", MEMBER, failures)

    def fetched(self, outcome, digest="d1", body=b"body", status=200,
                error="", failures=0, again_ms=-1, canonical="", entries="",
                have=""):
        """What came of a fetch that was under way."""
        self.fetching()
        return self.over(outcome, digest, body, status, error, failures,
                         again_ms, canonical, entries, have)

    def over(self, outcome, digest="d1", body=b"body", status=200, error="",
             failures=0, again_ms=-1, canonical="", entries="", have=""):
        event, = self.as_owner(
            "fetched", 1, TD, TOPIC, outcome, status, error, '"etag"', "date",
            digest, "text/plain", body, canonical, TOPIC + "/moved", failures,
            again_ms, entries, 0, have, "")
        return event

    def check_over(self):
        """Nothing of the fetch is left."""
        for key in ("fetch", "fetching", "fetch_failures"):
            self.assertFalse(self.exists(key), key)

    def test_new_content_becomes_an_event(self):
        self.subscribe(CD)
        body = bytes(range(256))
        before_s = self.now_ms() // 1000
        event = self.fetched("content", body=body)
        after_s = self.now_ms() // 1000
        self.assertEqual(self.entries("log"), [(event.decode(), {
            b"v": b"1", b"t": TOPIC.encode(), b"ct": b"text/plain",
            b"b": body, b"fd": b"d1"})])
        state = self.hash(f"topic:{TD}")
        self.assertTrue(before_s <= int(state.pop(b"at")) <= after_s)
        self.assertEqual(state, {
            b"t": TOPIC.encode(), b"status": b"200", b"error": b"",
            b"failures": b"0", b"etag": b'"etag"', b"lm": b"date",
            b"digest": b"d1", b"self": b"", b"src": TOPIC.encode() + b"/moved",
            b"entries": b""})
        self.check_over()

    def test_the_canonical_url_goes_with_the_event(self):
        self.fetched("content", canonical="http://a.example/")
        (_, event), = self.entries("log")
        self.assertEqual(event[b"self"], b"http://a.example/")
        self.assertEqual(self.hash(f"topic:{TD}")[b"self"],
                         b"http://a.example/")
        self.fetched("content", digest="d2")
        self.assertNotIn(b"self", self.entries("log")[1][1])
        self.assertEqual(self.hash(f"topic:{TD}")[b"self"], b"")

    def test_a_repeated_call_changes_nothing(self):
        """Nor does one that comes after another fetch."""
        self.fetched("content")
        for digest in ("d1", "d2"):
            self.assertIsNone(self.unchanged_by(
                lambda: self.over("content")))
            self.fetched("content", digest=digest, have="d1")
        self.assertEqual(self.call("XLEN", "log"), 2)
        for outcome in ("known", "unchanged", "failed", "unneeded"):
            self.fetched(outcome, again_ms=0)
            self.unchanged_by(lambda: self.over(outcome, again_ms=0))

    def test_the_same_digest_makes_no_event_but_new_validators(self):
        self.fetched("content")
        self.call("HSET", f"topic:{TD}", "etag", "old")
        self.assertIsNone(self.fetched("content", have="d1"))
        self.assertEqual(self.hash(f"topic:{TD}")[b"etag"], b'"etag"')
        self.check_over()

    def test_other_content_and_back_are_events(self):
        for digest in ("d1", "d2", "d1"):
            self.assertIsNotNone(self.fetched("content", digest=digest))
        self.assertEqual(self.call("XLEN", "log"), 3)

    def test_entries_are_kept_with_the_event(self):
        self.fetched("content", entries="e1 e2")
        self.assertEqual(self.hash(f"topic:{TD}")[b"entries"], b"e1 e2")
        self.fetched("content", digest="d2")
        self.assertEqual(self.hash(f"topic:{TD}")[b"entries"], b"")

    def test_known_entries_make_no_event_but_new_validators(self):
        self.fetched("content", entries="e1 e2")
        self.assertIsNone(self.fetched("known", digest="d2", entries="e1"))
        self.assertEqual(self.call("XLEN", "log"), 1)
        state = self.hash(f"topic:{TD}")
        self.assertEqual((state[b"digest"], state[b"entries"]),
                         (b"d2", b"e1"))
        self.check_over()

    def test_unchanged_keeps_the_validators(self):
        self.fetched("content", entries="e1")
        self.fetching()
        self.assertEqual(self.as_owner(
            "fetched", 1, TD, TOPIC, "unchanged", 304, "", "", "", "", "", "",
            "", "", 0, -1, "", 0, "", ""), [None])
        state = self.hash(f"topic:{TD}")
        self.assertEqual((state[b"status"], state[b"etag"], state[b"digest"],
                          state[b"src"], state[b"entries"]),
                         (b"304", b'"etag"', b"d1",
                          TOPIC.encode() + b"/moved", b"e1"))
        self.check_over()

    def test_a_failure_is_tried_again(self):
        before = self.now_ms()
        self.fetched("failed", status=500, error="why", failures=2,
                     again_ms=5000)
        member, due = self.call("ZRANGE", "fetch", 0, -1, "WITHSCORES")
        self.assertEqual(member, MEMBER.encode())
        self.assertEqual(self.hash("fetch_failures"), {member: b"2"})
        self.assertTrue(before + 5000 <= int(due) <= self.now_ms() + 5000)
        state = self.hash(f"topic:{TD}")
        self.assertEqual((state[b"error"], state[b"failures"]),
                         (b"why", b"2"))
        self.assertNotIn(b"digest", state)
        self.assertFalse(self.exists("fetching"))
        self.assertEqual(self.call("XLEN", "log"), 0)

    def test_the_last_failure_is_not(self):
        self.fetching(failures=7)
        self.over("failed", failures=8)
        self.check_over()

    def test_unneeded_stores_nothing(self):
        self.fetched("unneeded")
        self.assertFalse(self.exists(f"topic:{TD}"))
        self.assertFalse(self.exists("log") and self.call("XLEN", "log"))
        self.check_over()

    def test_a_topic_that_lost_its_subscriptions_is_forgotten_in_time(self):
        self.fetched("content")
        self.assertGreater(self.call("TTL", f"topic:{TD}"), 0)
        self.subscribe(CD)
        self.call("DEL", f"topic:{TD}")
        self.fetched("content")
        self.assertEqual(self.call("TTL", f"topic:{TD}"), -1)

    def test_a_success_forgets_the_failures(self):
        for outcome in ("content", "known", "unchanged", "unneeded"):
            with self.subTest(outcome=outcome):
                self.fetching(failures=3)
                self.over(outcome)
                self.check_over()

    def test_a_huge_body(self):
        body = b"\0\xff" * (1 << 22)
        self.fetched("content", body=body)
        self.assertEqual(self.entries("log")[0][1][b"b"], body)


class Rejected(ScriptTest):
    def reject(self, stream, entry, why="why", after=None):
        """1 when this call has moved it, and the position by then."""
        moved, position = self.as_owner("reject", stream, entry, why,
                                        after or self.position())
        return moved, position.decode()

    def add(self, stream, *fields):
        return self.call("XADD", stream, "*", *fields).decode()

    def test_an_entry_is_kept_with_its_fields_and_a_reason(self):
        for stream in ("log", "pings"):
            with self.subTest(stream=stream):
                self.setUp()
                entry = self.add(stream, "t", "x", "\0\xff", "y")
                position = entry if stream == "log" else "0-0"
                self.assertEqual(self.reject(stream, entry, "a reason"),
                                 (1, position))
                (_, copy), = self.entries("rejected")
                self.assertEqual(copy, {
                    b"v": b"1", b"from": stream.encode(),
                    b"id": entry.encode(), b"why": b"a reason", b"t": b"x",
                    "\0\xff".encode(): b"y"})
        self.assertEqual(self.entries("pings"), [])

    def test_ours_are_the_first_fields(self):
        entry = self.add("pings", "v", "7", "why", "theirs")
        self.reject("pings", entry)
        (_, flat), = self.call("XRANGE", "rejected", "-", "+")
        self.assertEqual(flat, [b"v", b"1", b"from", b"pings", b"id",
                                entry.encode(), b"why", b"why", b"v", b"7",
                                b"why", b"theirs"])

    def test_an_event_counts_as_begun(self):
        entry, after = self.add("log", "t", TOPIC), self.event()
        self.subscribe(CD)
        self.reject("log", entry)
        self.assertEqual(self.hash("position"), {b"id": entry.encode(),
                                                 b"n": b"1"})
        self.assertEqual(self.post_page(entry), (0, 1))
        self.assertEqual(self.posted(), [])
        self.assertEqual(self.post_page(after), (1, 1))
        self.assertEqual(self.hash("position")[b"n"], b"2")

    def test_only_the_event_after_the_position_is_moved(self):
        entry = self.add("log", "a", "b")
        begun = self.event()
        self.post_page(begun)
        for after in ("0-0", entry, "9-9"):
            self.assertEqual(self.unchanged_by(
                lambda: self.reject("log", entry, after=after)), (0, begun))

    def test_a_repeated_call_changes_nothing(self):
        for stream, after in (("log", "0-0"), ("pings", None)):
            entry = self.add(stream, "a", "b")
            moved, position = self.reject(stream, entry)
            self.assertEqual(moved, 1)
            self.assertEqual(self.unchanged_by(lambda: self.reject(
                stream, entry, after=after)), (0, position))

    def test_what_has_left_is_nothing(self):
        for stream in ("log", "pings"):
            entry = self.add(stream, "a", "b")
            self.call("XDEL", stream, entry)
            self.assertEqual(self.unchanged_by(
                lambda: self.reject(stream, entry)), (0, "0-0"))

    def test_copies_are_bounded(self):
        many = [word for n in range(20000) for word in (f"f{n}", "x")]
        self.reject("pings", self.add("pings", *many))
        self.reject("pings", self.add("pings", "a", b"\xff" * (1 << 20)))
        many, large = [copy for _, copy in self.entries("rejected")]
        self.assertEqual(len(many), 4 + 32)
        self.assertEqual(large[b"a"], b"\xff" * 16384)

    def test_the_newest_are_kept(self):
        for n in range(1300):
            self.call("XADD", "pings", "*", "n", n)
        for entry, _ in self.entries("pings"):
            self.reject("pings", entry)
        kept = [copy[b"n"] for _, copy in self.entries("rejected")]
        self.assertTrue(1000 <= len(kept) < 1200, len(kept))
        self.assertEqual(kept[-1], b"1299")


if __name__ == "__main__":
    unittest.main()
