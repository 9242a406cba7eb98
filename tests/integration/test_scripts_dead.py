"""The script that looks at dead letters: list, count, replay and purge, by
every filter, page by page."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import CALLBACK, CD, TOPIC, ScriptTest, pairs

OTHER = "http://publisher.example/other"


class Dead(ScriptTest):
    def setUp(self):
        super().setUp()
        self.redis.call("CONFIG", "SET", "maxmemory", 0)
        self.ids = [self.letter(n) for n in range(10)]

    def letter(self, n, version=1):
        """Even ones are of TOPIC, every third one's callback is another."""
        event = f"{n + 1}-0"
        self.call("HINCRBY", "refs", event, 1)
        self.call("HSET", f"kept:{event}", "b", "body")
        return self.call(
            "XADD", "dead", "*", "v", version, "e", event,
            "t", OTHER if n % 2 else TOPIC, "c", CD,
            "cb", CALLBACK + "?" * (n % 3 == 0), "n", 8, "why",
            "why").decode()

    def page(self, act, kind="all", value="", start="-", limit=100):
        after, matched, listed = self.run_script("letters", act, kind, value,
                                                 start, limit)
        return after.decode(), matched, listed

    def pages(self, act, kind="all", value="", limit=3):
        """Walks to the end; returns the sum, the ids that were listed and how
        many pages it took."""
        start, total, ids, count = "-", 0, [], 0
        while start:
            start, matched, listed = self.page(act, kind, value, start, limit)
            self.assertLessEqual(matched, limit)
            total += matched
            ids += [name.decode() for name, _ in listed]
            count += 1
        return total, ids, count

    def left(self):
        return [name for name, _ in self.entries("dead")]

    def test_a_list_has_every_letter_with_its_fields(self):
        after, matched, listed = self.page("list")
        self.assertEqual((after, matched, len(listed)), ("", 10, 10))
        name, flat = listed[0]
        self.assertEqual(name.decode(), self.ids[0])
        self.assertEqual(pairs(flat), {
            b"v": b"1", b"e": b"1-0", b"t": TOPIC.encode(), b"c": CD.encode(),
            b"cb": CALLBACK.encode() + b"?", b"n": b"8", b"why": b"why"})

    def test_pages_list_each_letter_once(self):
        self.assertEqual(self.pages("list"), (10, self.ids, 4))
        self.assertEqual(self.pages("list", limit=10)[:2], (10, self.ids))
        self.assertEqual(self.pages("list", limit=1)[1], self.ids)

    def test_filters(self):
        for kind, value, wanted in (
                ("all", "", self.ids), ("id", self.ids[4], self.ids[4:5]),
                ("topic", TOPIC, self.ids[::2]),
                ("topic", "nothing", []), ("callback", "nothing", []),
                ("callback", CALLBACK + "?", self.ids[::3]),
                ("id", "5-5", []), ("id", "no id", []), ("id", "-", [])):
            with self.subTest(kind=kind, value=value):
                self.assertEqual(self.pages("list", kind, value)[:2],
                                 (len(wanted), wanted))
                self.assertEqual(self.unchanged_by(
                    lambda: self.pages("count", kind, value))[:2],
                    (len(wanted), []))

    def test_replay_posts_the_jobs_and_keeps_the_content(self):
        for kind, value, wanted in (
                ("id", self.ids[1], [2]), ("topic", TOPIC, [1, 3, 5, 7, 9]),
                ("callback", CALLBACK + "?", [4, 10]), ("all", "", [6, 8])):
            with self.subTest(kind=kind):
                self.call("XTRIM", "outbox", "MAXLEN", 0)
                self.assertEqual(self.pages("replay", kind, value)[0],
                                 len(wanted))
                self.assertEqual(
                    [fields for _, fields in self.entries("outbox")],
                    [{b"e": b"%d-0" % n, b"c": CD.encode()} for n in wanted])
        self.assertEqual(self.left(), [])
        self.assertEqual(self.call("HLEN", "refs"), 10)
        self.assertTrue(self.exists("kept:1-0"))

    def test_purge_lets_the_content_go(self):
        self.assertEqual(self.pages("purge", "topic", TOPIC)[0], 5)
        self.assertEqual(self.left(), self.ids[1::2])
        self.assertEqual(self.call("HLEN", "refs"), 5)
        self.assertFalse(self.exists("kept:1-0"))
        self.assertTrue(self.exists("kept:2-0"))
        self.assertEqual(self.pages("purge")[0], 5)
        self.assertFalse(self.exists("refs"))
        self.assertEqual(self.entries("outbox"), [])

    def test_a_repeated_call_changes_nothing(self):
        for act in ("replay", "purge"):
            self.page(act, "id", self.ids[2])
            self.assertEqual(self.unchanged_by(
                lambda act=act: self.page(act, "id", self.ids[2])),
                ("", 0, []))

    def test_letters_of_another_version_stay(self):
        self.pages("purge")
        self.letter(0, version=2)
        for act in ("list", "count", "replay", "purge"):
            self.assertEqual(
                self.unchanged_by(lambda act=act: self.page(act))[1], 0)

    def test_no_letters(self):
        self.call("DEL", "dead")
        for act in ("list", "count", "replay", "purge"):
            self.assertEqual(
                self.unchanged_by(lambda act=act: self.page(act)),
                ("", 0, []))

    def test_what_makes_room_works_at_the_memory_limit(self):
        self.redis.call("CONFIG", "SET", "maxmemory", 1)
        self.addCleanup(self.redis.call, "CONFIG", "SET", "maxmemory", 0)
        with self.assertRaisesRegex(RedisError, "OOM"):
            self.event()
        self.assertEqual(self.page("replay", "id", self.ids[0])[1], 1)
        self.assertEqual(self.page("purge")[1], 9)


if __name__ == "__main__":
    unittest.main()
