"""What is read of a shard for another number of shards, kind by kind: this one is
number 1 of 4 that feed each new one."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.redis import RedisError
from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest

ALL = digest("*")
FACTOR, PART = 4, 1
PLACE = b"t" + TOPIC.encode()


class ReshardTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.call("XADD", "log", "5-3", "v", 1, "t", TOPIC, "b", "x")
        self.call("HSET", f"topic:{TD}", "t", TOPIC)

    def key(self, name):
        """The rows of a key: place, order and the operation's words."""
        rows, rest = [], ""
        while True:
            rest, _, page = self.run_script("reshard_key", name, rest, FACTOR,
                                            PART)
            rows += [tuple(row) for row in page]
            if rest == b"":
                return rows

    def stream(self, name):
        rest, _, rows = self.run_script("reshard_stream", name, "-", FACTOR,
                                        PART, 100000)
        self.assertEqual(rest, b"")
        return [tuple(row) for row in rows]

    def refused(self, name, why):
        with self.assertRaisesRegex(RedisError, why):
            self.key(name)


class Events(ReshardTest):
    def test_an_event_has_another_id(self):
        self.assertEqual(self.stream("log"), [
            (PLACE, b"5-13", b"entry", b"log", b"5-13", b"v", b"1", b"t",
             TOPIC.encode(), b"b", b"x"),
            (b"a", b"5-13", b"last", b"log", b"5-13"),
            (b"a", b"5-13", b"horizon", b"0-0")])

    def test_what_names_events_is_translated(self):
        self.call("HSET", "refs", "5-3", 2)
        self.call("HSET", "tally:5", "5-3 d", 1, "9-9 d", 1)
        self.call("SET", "posted:5", " 5-3 4+1 9-9 1", "EX", 100)
        self.call("SET", "idem:k", "5-3", "EX", 100)
        self.call("ZADD", "retained", 77, "5-3", 78, "9-9")
        self.call("HSET", f"failing:{TD}:{CD}", "5-3", f"d 5-3 {CD} 1 0")
        self.assertEqual(self.key("refs"), [
            (PLACE, b"", b"hash", b"refs", b"0", b"5-13", b"2")])
        self.assertEqual(self.key("tally:5"), [
            (PLACE, b"", b"hash", b"tally:5", b"0", b"5-13 d", b"1")])
        posted, = self.key("posted:5")
        self.assertEqual(posted[:6], (PLACE, b"", b"posted", b"posted:5",
                                      b"5-13", b"4+1"))
        self.assertGreater(int(posted[6]), 90000)
        self.assertEqual(self.key("idem:k")[0][:5],
                         (PLACE, b"", b"set", b"idem:k", b"5-13"))
        self.assertEqual(self.key("retained"), [
            (PLACE, b"", b"score", b"retained", b"77", b"5-13")])
        self.assertEqual(self.key(f"failing:{TD}:{CD}"), [
            (PLACE, b"", b"hash", f"failing:{TD}:{CD}".encode(), b"0",
             b"5-13", f"d 5-13 {CD} 1 0".encode())])

    def test_an_event_that_left_is_known_while_jobs_refer_to_it(self):
        self.call("HSET", "kept:4-1", "t", "a.b", "b", "y")
        self.call("ZADD", "retry", 9, f"d 4-1 {CD} 1 0")
        self.assertEqual(self.key("kept:4-1")[0][:4],
                         (b"ta.b", b"", b"hash", b"kept:4-5"))
        self.assertEqual(self.key("retry"), [
            (b"ta.b", b"", b"score", b"retry", b"9",
             f"d 4-5 {CD} 1 0".encode())])

    def test_an_id_that_is_too_large(self):
        self.call("HSET", "kept:4-9007199254740991", "t", "a.b", "b", "y")
        self.refused("kept:4-9007199254740991", "can not be translated")


class Work(ReshardTest):
    def test_a_bundle_without_the_jobs_that_are_settled(self):
        first = self.call("XADD", "outbox", "*", "e", "5-3", "c", "A B C")
        second = self.call("XADD", "outbox", "*", "e", "5-3", "c", "D")
        self.call("XADD", "outbox", "*", "e", "5-3", "c", "E")
        self.read("outbox", 2)
        self.call("HSET", "parts", f"outbox {first.decode()}", 5)
        self.call("HSET", "crashes", f"outbox {second.decode()}", "2 -")
        rows = self.stream("outbox")
        self.assertEqual([row[5:] for row in rows], [
            (b"e", b"5-13", b"c", b"A C"),
            (b"e", b"5-13", b"c", b"D", b"n", b"0", b"k", b"2"),
            (b"e", b"5-13", b"c", b"E")])

    def test_parked_jobs_are_due(self):
        self.call("RPUSH", "parked:h", f"d 5-3 {CD} 1 0",
                  f"f {TD} {CD} 3 0 0")
        self.call("ZADD", "retry", 9, "h h")
        self.assertEqual(self.key("retry"), [])
        self.assertEqual(self.key("parked:h"), [
            (PLACE, b"", b"score", b"retry", b"5",
             f"d 5-13 {CD} 1 0".encode()),
            (PLACE, b"", b"score", b"retry", b"1",
             f"f {TD} {CD} 3 0 0".encode())])

    def test_what_is_held_goes_where_its_event_goes(self):
        held = self.call("XADD", "held", "8-1", "v", 1, "from", "outbox", "n",
                         1, "why", "x", ".e", "5-3", ".c", "?")
        self.call("ZADD", "retry", 9, f"u {held.decode()}")
        row, = self.stream("held")
        self.assertEqual(row[:2], (PLACE, b"8-5"))
        self.assertIn(b"5-13", row)
        self.assertEqual(self.key("retry"), [
            (PLACE, b"", b"score", b"retry", b"9", b"u 8-5")])

    def test_a_topic_that_is_being_fetched_is_due(self):
        self.call("HSET", "fetching", f"p {TOPIC}", "5-1")
        self.call("HSET", "fetch_failures", f"p {TOPIC}", 2)
        row, = self.key("fetching")
        self.assertEqual((row[:5], row[6]), (
            (PLACE, b"", b"want", b"fetch", f"p {TOPIC}".encode()), b"2"))

    def test_events_that_are_not_fanned_out(self):
        self.call("HSET", "fanout", "5-3", f"- {TOPIC}")
        self.refused("fanout", "not fanned out")


class Cursors(ReshardTest):
    def test_a_cursor_is_translated(self):
        self.call("HSET", f"cursor:{TD}", CD, "2 run 5-3 7 99 5-3:7 -")
        self.assertEqual(self.key(f"cursor:{TD}"), [
            (PLACE, b"", b"hash", f"cursor:{TD}".encode(), b"0", CD.encode(),
             b"2 run 5-13 7 99 5-13:7 -")])

    def test_of_a_subscription_to_everything_each_event_is_missed(self):
        self.call("HSET", f"sub:{ALL}", CD, "1 9 9 1 f http://a.example/ -",
                  "t", "*")
        self.call("ZADD", "subs:", 0, f"{ALL}:{CD}")
        self.call("XADD", "log", "6-0", "v", 1, "t", "a.b", "b", "x")
        self.call("HSET", f"cursor:{ALL}", CD, "2 run 5-3 7 99 - -")
        self.call("XADD", f"events:{ALL}", "5-1", "n", 7)
        self.call("XADD", f"events:{ALL}", "6-0", "n", 8)
        self.call("ZADD", f"missed:{ALL}:{CD}", 0,
                  "000000000000005-00000000000000000003!")
        self.assertEqual(self.key(f"cursor:{ALL}"), [
            (b"a", b"", b"everything", CD.encode(), b"99",
             b"run"),
            (b"ta.b", b"", b"score", f"missed:{ALL}:{CD}".encode(), b"0",
             b"000000000000006-00000000000000000001")])
        self.assertEqual(self.key(f"missed:{ALL}:{CD}")[0][5:], (
            b"000000000000005-00000000000000000013!",))
        self.assertEqual(self.key(f"events:{ALL}"), [])

    def test_a_replay_goes_on_and_those_of_everything_end(self):
        for name, td, topic in (("one", TD, TOPIC), ("all", ALL, "*")):
            self.call("HSET", f"replay:{name}", "v", 1, "t", topic, "td", td,
                      "first", "5-0", "last", "5-3", "at", "(5-3", "e", "",
                      "s", "running", "began", 7, "ended", 0)
            self.call("ZADD", "replaying", 3, name)
        rows = self.key("replay:one")
        words = dict(zip(rows[0][5::2], rows[0][6::2]))
        self.assertEqual((rows[0][0], words[b"at"], words[b"s"]),
                         (PLACE, b"(5-13", b"running"))
        self.assertEqual(rows[2][2:], (b"score", b"replaying", b"3", b"one"))
        rows = self.key("replay:all")
        words = dict(zip(rows[0][5::2], rows[0][6::2]))
        self.assertEqual((rows[0][0], words[b"s"]), (b"a", b"cancelled"))


class Put(ReshardTest):
    ROWS = (
        ("sub", TD, CD, TOPIC, f"1 9999999999 3600 1 - {CALLBACK} -",
         9999999999, CALLBACK),
        ("sub", ALL, CD, "*", f"1 9999999999 3600 1 f {CALLBACK} -",
         9999999999, CALLBACK),
        ("everything", CD, 7, "run"),
        ("entry", "outbox", "7-1", "e", "5-3", "c", CD),
        ("entry", "outbox", "7-2", "e", "5-3", "c", CD),
        ("last", "pings", "7-9"),
        ("score", "retry", 9, f"d 5-3 {CD} 1 0"),
        ("want", "fetch", f"p {TOPIC}", 5, ""),
        ("request", f"{TD}:{CD}:s", "h c", 5, "g", 1, "t", TOPIC),
        ("posted", "posted:5", "5-3", "2", 0),
        ("most", "gen", 7), ("most", "gen", 5),
        ("pull", "one", "", "0-5-3", 60, 1, 77, 99),
        ("hash", "refs", 0, "5-3", 2),
        ("set", "idem:k", "5-3", 0),
        ("horizon", "5-3"), ("horizon", "4-0"),
    )

    def put(self):
        self.run_script("reshard_put", *(
            word for row in self.ROWS for word in (len(row), *row)))

    def test_it_may_be_repeated(self):
        self.put()
        self.unchanged_by(self.put)
        self.assertEqual(self.call("XLEN", "outbox"), 2)
        self.assertEqual(self.call("GET", "gen"), b"7")
        self.assertEqual(self.call("GET", "horizon"), b"4-0")
        self.assertEqual(self.hash("counts")[b"s"], b"1")

    def test_a_subscription_to_everything_is_in_cursor_mode_where_it_was(self):
        self.put()
        self.assertEqual(self.call("HGET", f"cursor:{ALL}", CD),
                         b"1 run 5-3 0 7 - -")
        self.assertIn(b" 1 f http", self.read_record(td=ALL))

    def test_all_that_is_there_has_begun(self):
        self.run_script("reshard_put", 1, "finish")
        self.assertEqual(self.position(), "5-3")
        self.assertEqual(self.run_script(
            "reshard_drop", "mark", "log"), 0)
        self.assertTrue(self.exists("log"))
        self.call("SET", "mark", 1)
        self.assertEqual(self.run_script(
            "reshard_drop", "mark", "log"), 1)
        self.assertFalse(self.exists("log"))


class Order(ReshardTest):
    def order(self, token, to=0):
        return self.run_script("reshard_order", token, 5000, 4, to)

    def note(self, token, state):
        return self.run_script("reshard_note", token, 5000, state, 1, 2, "")

    def test_one_of_several_is_the_mover_until_it_is_dead(self):
        self.assertEqual(self.order("a"), [b"none"])
        self.assertEqual(self.order("a", 7),
                         [b"done", b"moving", b"4", b"7", b"1"])
        self.assertEqual(self.order("b", 9), [b"busy", b"4", b"7"])
        self.assertEqual(self.order("a"),
                         [b"done", b"moving", b"4", b"7", b"1"])
        self.assertEqual(self.note("b", "dropping"), 0)
        self.call("HSET", "reshard", "until", 1)
        self.assertEqual(self.order("b"),
                         [b"done", b"moving", b"4", b"7", b"2"])
        self.assertEqual(self.note("a", "dropping"), 0)
        self.assertEqual(self.note("b", "dropping"), 1)
        self.call("HSET", "reshard", "until", 1)
        self.assertEqual(self.order("c"),
                         [b"done", b"dropping", b"4", b"7", b"2"])
        self.assertEqual(self.note("c", "done"), 1)
        self.assertEqual(self.order("c"), [b"none"])

    def test_one_order_stands(self):
        self.assertEqual(self.run_script("reshard_add", 4, 7), 1)
        self.assertEqual(self.run_script("reshard_add", 4, 8), 0)
        self.assertEqual(self.order("a", 9),
                         [b"done", b"draining", b"4", b"7", b"1"])
        self.note("a", "failed")
        self.assertEqual(self.run_script("reshard_add", 4, 8), 1)


class Unknown(ReshardTest):
    def test_a_key_of_a_kind_that_is_not_known(self):
        self.call("SET", "strange:1", "x")
        self.refused("strange:1", "nobody here knows this key")

    def test_a_record_of_a_later_version(self):
        self.call("HSET", f"sub:{TD}", CD, "2 x", "t", TOPIC)
        self.refused(f"sub:{TD}", "can not be read")

    def test_every_kind_that_the_health_check_knows_is_known(self):
        text = (Path(__file__).resolve().parents[2] /
                "common/store/lua/lib/health_shard.lua").read_text()
        table = text[text.index("local function shard_kinds()"):]
        kinds = re.findall(r"(\w+) = \{ ?(?:type|key|\})", table)
        self.assertGreater(len(kinds), 50)
        for kind in kinds:
            try:
                self.run_script("reshard_key", f"{kind}:x", "", FACTOR, PART)
            except RedisError as error:
                self.fail(f"{kind}: {error}")


if __name__ == "__main__":
    unittest.main()
