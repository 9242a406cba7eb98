"""What can't be interpreted: hold, the outcome of settle, and the ways back by
promote and letters."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import CD, TD, FullRedis, ScriptTest, pairs

FIELDS = {b"a": b"\x00\xff", b"b": b""}
TRIES = 3


class HeldTest(ScriptTest):
    def add(self, stream, fields=None):
        return self.call("XADD", stream, "*", *(
            word for pair in (fields or FIELDS).items()
            for word in pair)).decode()

    def hold(self, stream, entry, epoch=None, tries=TRIES, after="0-0"):
        if epoch is None:
            epoch = self.epoch if stream in ("log", "pings") else "-"
        said, count, position = self.run_script(
            "hold", epoch, stream, entry, "why", tries, after)
        return said.decode(), count, position.decode()

    def claimed(self, lane, fields=None):
        self.add(lane, fields)
        return self.read(lane)[-1][0]

    def held(self):
        return [fields for _, fields in self.entries("held")]

    def make_due(self):
        for member in self.call("ZRANGE", "retry", 0, -1):
            self.call("ZADD", "retry", "XX", 1, member)

    def own(self, fields):
        return {name[1:]: value for name, value in fields.items()
                if name.startswith(b".")}


class Hold(HeldTest):
    def test_an_entry_of_a_lane_waits_and_goes_back_with_its_bytes(self):
        for lane in ("outbox", "bulk", "verify"):
            with self.subTest(lane=lane):
                self.empty()
                entry = self.claimed(lane)
                before = self.now_ms()
                self.assertEqual(self.hold(lane, entry)[:2], ("held", 1))
                self.assertEqual(self.pending(lane), [])
                self.assertEqual(self.call("XLEN", lane), 0)
                (name, fields), = self.entries("held")
                self.assertEqual(self.own(fields), FIELDS)
                self.assertEqual((fields[b"from"], fields[b"n"]),
                                 (lane.encode(), b"1"))
                due = int(self.call("ZSCORE", "retry", f"u {name}"))
                self.assertTrue(before + 5000 <= due <= self.now_ms() + 5000)
                self.assertTrue(self.exists("wake"))
                self.make_due()
                self.promote()
                self.assertEqual(self.held(), [])
                self.assertEqual(self.entries(lane)[-1][1],
                                 {**FIELDS, b"h": b"1"})

    def test_the_delay_grows_to_less_than_a_minute(self):
        delays = []
        for tries in range(1, 7):
            self.empty()
            entry = self.claimed("outbox", {b"h": b"%d" % (tries - 1)})
            before = self.now_ms()
            self.hold("outbox", entry, tries=99)
            due = int(self.call("ZRANGE", "retry", 0, 0, "WITHSCORES")[1])
            delays.append(round((due - before) / 1000))
        self.assertEqual(delays, [5, 15, 45, 50, 50, 50])

    def test_the_last_time_makes_a_dead_letter(self):
        entry = self.claimed("outbox", {**FIELDS, b"h": b"2"})
        self.assertEqual(self.hold("outbox", entry)[:2], ("dead", 3))
        (_, letter), = self.entries("dead")
        self.assertEqual((letter[b"u"], letter[b"why"], letter[b"n"]),
                         (b"outbox", b"undecodable: why", b"3"))
        self.assertEqual(self.own(letter), FIELDS)
        self.assertEqual(self.held(), [])
        self.assertFalse(self.exists("retry"))

    def test_once_only(self):
        """The reply was lost, or it is another's by now."""
        entry = self.claimed("outbox")
        self.hold("outbox", entry)
        self.unchanged_by(lambda: self.assertEqual(
            self.hold("outbox", entry)[0], "none"))
        entry = self.add("outbox")  # not claimed
        self.unchanged_by(lambda: self.assertEqual(
            self.hold("outbox", entry)[0], "none"))

    def test_an_event_is_passed_and_comes_back_at_the_end(self):
        entry, other = self.add("log"), self.event()
        self.assertEqual(self.hold("log", entry), ("held", 1, entry))
        self.assertEqual(self.position(), entry)
        self.assertEqual([name for name, _ in self.entries("log")], [other])
        self.unchanged_by(lambda: self.assertEqual(
            self.hold("log", entry)[0], "none"))
        self.unchanged_by(lambda: self.assertEqual(
            self.hold("log", other, after="9-9")[0], "none"))
        self.subscribe(CD)
        self.post_page(other)
        self.make_due()
        self.promote()
        self.assertEqual(self.entries("log")[-1][1], {**FIELDS, b"h": b"1"})
        self.assertEqual(self.sweep()[3], 0)

    def test_only_the_owner_takes_what_only_the_owner_may(self):
        for stream in ("log", "pings"):
            entry = self.add(stream)

            def refused(stream=stream, entry=entry):
                with self.assertRaisesRegex(RedisError, "^FENCED "):
                    self.hold(stream, entry, epoch="1")
            self.unchanged_by(refused)
            self.assertEqual(self.hold(stream, entry)[0], "held")


class Members(HeldTest):
    def test_a_member_is_tried_so_many_times(self):
        self.call("ZADD", "retry", 1, "z what")
        for tries in (1, 2):
            self.as_owner("promote", 10, TRIES)
            self.assertEqual([fields[b"n"] for fields in self.held()],
                             [b"%d" % tries])
            self.make_due()
        self.as_owner("promote", 10, TRIES)
        self.assertEqual(self.held(), [])
        (_, letter), = self.entries("dead")
        self.assertEqual((letter[b"u"], letter[b".m"]), (b"retry", b"z what"))
        self.assertEqual(self.run_script("letters", "replay", "all", "", "-",
                                         10)[1], 1)
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1), [b"z what"])

    def test_one_that_lost_its_entry_goes(self):
        self.call("ZADD", "retry", 1, "u 5-5", 1, "u x")
        self.as_owner("promote", 10, TRIES)
        self.assertFalse(self.exists("retry"))

    def test_a_parked_one_too(self):
        self.call("RPUSH", "parked:H", "z what", f"d 1-1 {CD} 0 0")
        self.run_script("unpark", "H", 10)
        self.assertEqual(self.call("XLEN", "outbox"), 1)
        self.assertEqual([self.own(fields) for fields in self.held()],
                         [{b"m": b"z what"}])


class Jobs(HeldTest):
    def test_a_job_comes_back_as_it_was_with_the_number_of_times(self):
        self.subscribe(CD)
        event = self.event()
        self.post_page(event)
        (entry, _), = self.read("outbox")
        self.run_script("settle", "job", "outbox", entry, "hold", event, CD, 2,
                        1, 3, "the record")
        self.assertEqual(self.pending("outbox"), [])
        self.assertEqual(self.call("HGET", "refs", event), b"1")
        self.make_due()
        self.promote()
        (_, fields), = self.read("outbox")
        self.assertEqual(fields, {b"e": event.encode(), b"c": CD.encode(),
                                  b"n": b"2", b"k": b"1", b"h": b"3"})

    def test_a_cursor_job_while_it_is_the_current_one(self):
        self.call("HSET", f"cursor:{TD}", CD, "7 run 0-0 0 0 - -")
        for number, count in ((7, 1), (6, 0)):
            self.call("DEL", "held")
            self.add("outbox", {b"f": TD.encode(), b"c": CD.encode(),
                                b"u": b"%d" % number})
            (entry, _), = self.read("outbox")
            self.run_script("settle", "cursor", "outbox", entry, TD, CD, number,
                            "hold", "1-1", CD, 0, 0, 1, "the record")
            self.assertEqual(len(self.held()), count)


class Letters(HeldTest):
    def letter(self, stream="outbox", fields=None):
        self.call("XADD", "dead", "*", "v", 1, "u", stream, "n", 3, "why", "w",
                  *(word for name, value in (fields or FIELDS).items()
                    for word in (b"." + name, value)))

    def letters(self, act, kind="all", value=""):
        return self.run_script("letters", act, kind, value, "-", 100)

    def test_they_go_back_where_they_came_from_and_count_anew(self):
        for stream in ("outbox", "bulk", "verify", "log", "pings"):
            with self.subTest(stream=stream):
                self.empty()
                self.letter(stream)
                self.assertEqual(self.letters("replay")[1], 1)
                self.assertEqual([fields for _, fields in self.entries(stream)],
                                 [FIELDS])
                self.assertEqual(self.call("XLEN", "dead"), 0)

    def test_they_are_listed_and_found_by_their_topic(self):
        self.letter("log", {b"t": b"topic", b"b": b"x" * 100000})
        self.letter()
        self.assertEqual(self.letters("count")[1], 2)
        self.assertEqual(self.letters("count", "topic", "topic")[1], 1)
        self.assertEqual(self.letters("count", "callback", "x")[1], 0)
        (_, fields), = self.letters("list", "topic", "topic")[2]
        self.assertLess(sum(map(len, fields)), 16385)
        self.assertEqual(len(pairs(fields)[b".t"]), 5)

    def test_purged_they_are_gone(self):
        self.letter()
        self.assertEqual(self.letters("purge")[1], 1)
        self.assertEqual(self.call("XLEN", "dead"), 0)
        self.assertEqual(self.call("XLEN", "outbox"), 0)


class Full(FullRedis, HeldTest):
    def test_at_the_memory_limit_it_is_held_all_the_same(self):
        entry, event = self.claimed("outbox"), self.add("log")
        self.full()
        self.assertEqual(self.hold("outbox", entry)[0], "held")
        self.assertEqual(self.hold("log", event)[0], "held")


class Secrets(ScriptTest):
    """The scripts of --rotate-secrets."""

    def find(self, kind="leaf", at=""):
        next_at, more, newest, unreadable, *rows = self.run_script(
            "secrets", "g.new.", kind, at)
        return (next_at.decode(), more, newest, unreadable,
                [row.decode() for row in rows[::2]])

    def record(self, cd, secret, version=1):
        self.subscribe(cd)
        self.write_record(f"{version} 9999999999 60 1 -1w http://a/ {secret}",
                          cd)

    def test_those_that_another_key_has_sealed_are_found(self):
        self.record("old", "g.old.x")
        self.record("plain", "p.x")
        self.record("new", "g.new.x")
        self.record("none", "-")
        self.record("later", "g.old.x", 2)
        self.call("ZADD", "bounds", 0, f"{TD}:z")
        self.assertEqual(self.find(), (f"{TD}:z", 1, 1, 1,
                                       [f"{TD}:old", f"{TD}:plain"]))
        self.assertEqual(self.find(at=f"{TD}:z"), ("", 0, 0, 0, []))

    def test_of_requests_too(self):
        self.request_script(secret="g.old.x")
        self.request_script("u")
        self.assertEqual(self.find("requests", "0")[3:],
                         (0, [f"{TD}:{CD}:s"]))

    def test_each_is_put_if_it_is_what_it_was(self):
        self.record(CD, "g.old.x")
        self.request_script(secret="g.old.y")
        words = (f"{TD}:{CD}", "g.old.x", "g.new.\x00 x",
                 f"{TD}:{CD}:s", "g.old.y", "g.new.y")
        self.assertEqual(self.run_script("seal", *words), 2)
        self.assertEqual(self.read_record(), b"1 9999999999 60 1 -1w http://a/ "
                                             b"g.new.\x00 x")
        self.assertEqual(self.call("HGET", f"request:{TD}:{CD}:s", "s"),
                         b"g.new.y")
        self.unchanged_by(lambda: self.assertEqual(
            self.run_script("seal", *words), 0))


if __name__ == "__main__":
    unittest.main()
