"""What scripts do where a key is damaged: what they hold is lost no more than
that key held."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.redis import RedisError
from support.scripts import CD, ScriptTest, TD, pairs

OTHER_TD = TD[:-1] + ("A" if TD[-1] != "A" else "Q")
CDS = [f"{n:022}" for n in range(300)]


class DamageTest(ScriptTest):
    def events(self, count):
        return [self.event() for _ in range(count)]

    def notes(self):
        """The key and the part of each."""
        return [(fields[b"key"].decode(), fields[b"part"].decode())
                for _, fields in self.entries("damaged")]

    def damage(self, *keys):
        for key in keys:
            self.call("DEL", key)
            self.call("SET", key, "damage")

    def kept(self, number=-1):
        """What was moved out of the way, by its note."""
        entry, _ = self.entries("damaged")[number]
        return self.call("GET", f"damaged:{entry}")


class Moving(DamageTest):
    def mended(self, *words):
        command, key, *rest = words
        return self.run_mending("command", command, "websub:{0}:" + key, *rest)

    def test_a_key_of_another_type_is_kept_for_a_while(self):
        self.damage("refs")
        self.assertEqual(self.mended("HINCRBY", "refs", "1-1", 2), 2)
        self.assertEqual(self.notes(), [("refs", "")])
        self.assertEqual(self.kept(), b"damage")
        entry, fields = self.entries("damaged")[0]
        self.assertTrue(fields[b"why"].startswith(b"WRONGTYPE"))
        self.assertTrue(0 < self.call("PTTL", f"damaged:{entry}") <= 604800000)

    def test_what_is_asked_for_is_not_there_then(self):
        for words in (("GET", "horizon"), ("HGET", "refs", "1-1"),
                      ("ZSCORE", "lease", "x")):
            self.damage(words[1])
            if words[0] == "GET":
                self.call("DEL", words[1])
                self.call("HSET", words[1], "a", "b")
            self.assertIsNone(self.mended(*words))
    def test_of_a_number_that_is_none_the_field_goes(self):
        self.call("HSET", "refs", "1-1", "x\x00y", "2-2", 3)
        self.assertEqual(self.mended("HINCRBY", "refs", "1-1", 2), 2)
        self.assertEqual(self.notes(), [("refs", "1-1")])
        self.assertEqual(self.hash("refs"), {b"1-1": b"2", b"2-2": b"3"})

    def test_generations_go_on_above_those_of_before(self):
        self.call("SET", "gen", "x")
        self.assertGreater(self.mended("INCR", "gen"), 10 ** 12)

    def test_a_stream_that_has_had_its_last_id_begins_anew(self):
        self.call("XADD", "dead", "18446744073709551615-18446744073709551615",
                  "a", "b")
        self.mended("XADD", "dead", "*", "a", "b")
        self.assertEqual(len(self.entries("dead")), 1)

    def test_the_newest_hundred_are_kept(self):
        for n in range(130):
            self.damage(f"kept:{n}")
            self.mended("HGETALL", f"kept:{n}")
        self.assertEqual(self.notes(), [(f"kept:{n}", "")
                                        for n in range(30, 130)])
        self.assertEqual(self.kept(0), b"damage")
        self.assertEqual(sum(b":damaged:" in key for key in
                             self.redis.call("KEYS", "*")), 100)

    def test_the_notes_themselves_may_be_damaged(self):
        for key in ("damaged", "refs"):
            self.damage("damaged", "refs")
            self.mended("XLEN" if key == "damaged" else "HLEN", key)
        self.assertEqual(self.notes(), [("refs", "")])

    def test_what_passes_is_no_damage(self):
        with self.assertRaisesRegex(RedisError, "Wrong number"):
            self.mended("HGET", "refs")
        self.assertFalse(self.exists("damaged"))


class Index(DamageTest):
    """Of 300 subscriptions to one topic, one to another."""

    def setUp(self):
        super().setUp()
        for td, cds in ((TD, CDS), (OTHER_TD, [CD])):
            for cd in cds:
                self.run_script("replicate", td, cd, "s", 1,
                                f"1 9999999999 3600 1 - http://s/ -",
                                9999999999, 3600)
        self.leaves = ["subs:"] + [
            "subs:" + bound.decode()
            for bound in self.call("ZRANGE", "bounds", 0, -1)]
        self.assertGreater(len(self.leaves), 2)

    def targets_of(self, td):
        event, = self.events(1)
        try:
            self.begin(event, tds=(td,))
        except RedisError:
            text, self.texts["begin"] = self.texts["begin"], (
                self.texts["mending"] + self.texts["begin"])
            self.begin(event, tds=(td,))
            self.texts["begin"] = text
        page = self.texts["page"]
        self.texts["page"] = self.texts["mending"] + page
        for _ in range(10):
            if self.post_page(event, tds=(td,))[1] == 1:
                break
        self.texts["page"] = page
        return self.posted(event)

    def test_any_leaf(self):
        for leaf in self.leaves:
            with self.subTest(leaf=leaf):
                self.damage(leaf)
                self.run_mending("sweep", self.epoch, 3600000, 3600000, 100)
                for td, cds in ((TD, CDS), (OTHER_TD, [CD])):
                    self.assertEqual(sorted(self.targets_of(td)), sorted(cds))

    def test_the_bounds_or_the_leases_of_leaves(self):
        for key in ("bounds", "lease"):
            with self.subTest(key=key):
                self.damage(key)
                self.call("SET", "other", "")
                for td, cds in ((OTHER_TD, [CD]), (TD, CDS)):
                    self.assertEqual(sorted(self.targets_of(td)), sorted(cds))
                self.run_mending("sweep", self.epoch, 3600000, 3600000, 100)
                self.assertEqual(self.call("ZCARD", "lease"),
                                 1 + self.call("ZCARD", "bounds"))

    def test_of_lost_subscriptions_nothing_is_left_in_the_index(self):
        self.damage("sub:" + TD)
        self.run_mending("command", "HLEN", "websub:{0}:sub:" + TD)
        self.assertEqual(self.targets_of(TD), [])
        self.assertEqual(self.targets_of(OTHER_TD), [CD])

    def test_a_topic_that_the_index_has_lost_is_found(self):
        self.call("DEL", *["subs:"])
        for leaf in self.leaves:
            self.call("DEL", leaf)
        self.call("DEL", "bounds")
        for td, cds in ((TD, CDS), (OTHER_TD, [CD])):
            self.assertEqual(sorted(self.targets_of(td)), sorted(cds))
        self.assertEqual(self.targets_of(TD), CDS)


class Settling(DamageTest):
    def setUp(self):
        super().setUp()
        self.subscription()
        self.event_ids = self.events(3)
        self.begin(*self.event_ids)
        self.read("outbox")

    def settle(self, *outcomes):
        """Of the events, one by one."""
        words = []
        for (entry, _), outcome in zip(self.entries("outbox"), outcomes):
            words += ["job", "outbox", entry, *outcome]
        return self.run_script("settle", *words)

    def test_the_others_of_a_batch_are_settled(self):
        one, two, three = self.event_ids
        for key in (f"failing:{TD}:{CD}", "retry", "crashes", f"cursor:{TD}",
                    f"missed:{TD}:{CD}", "suspended", "refs",
                    f"topic:{TD}"):
            with self.subTest(key=key):
                self.setUp()
                one, two, three = self.event_ids
                self.damage(key)
                try:
                    self.settle(("done", one, 1),
                                ("retry", two, CD, 1, 0, 1000, TD),
                                ("suspend", three, CD, 1, 0, 1000, TD))
                except RedisError as error:
                    self.assertEqual(key, "refs", error)
                self.assertEqual(self.call("XPENDING", "outbox", "deliver")[0],
                                 0)
                found = [self.call("ZSCORE", "retry", f"d {two} {CD} 1 0"),
                         self.call("ZSCORE", f"missed:{TD}:{CD}",
                                   self.missed(two))]
                self.assertNotEqual(found, [None, None])
                self.empty()

    @staticmethod
    def missed(event):
        ms, seq = event.split("-")
        return f"{int(ms):015}-{int(seq):020}"

    def test_references_are_counted_off_once(self):
        one, two, three = self.event_ids
        self.damage(f"missed:{TD}:{CD}")
        self.settle(("done", one, 1), ("suspend", two, CD, 1, 0, 1000, TD),
                    ("miss", three, CD, TD))
        self.assertFalse(self.exists("refs"))

    def test_what_can_not_be_stored_is_a_dead_letter(self):
        one, two, three = self.event_ids
        text = self.texts["settle"]
        self.texts["settle"] = text.replace(
            "local function job_park(", "local function job_park(...)\n"
            "error('broken') end\nlocal function other_park(")
        self.settle(("done", one, 1), ("park", two, CD, 1, 0, "H"),
                    ("done", three, 1))
        self.texts["settle"] = text
        letter, = [fields for _, fields in self.entries("dead")]
        self.assertEqual(letter[b"e"].decode(), two)
        self.assertIn(b"broken", letter[b"why"])
        self.assertEqual(self.hash("refs"), {two.encode(): b"1"})


class CursorJobs(CursorTest, DamageTest):
    """Who is in cursor mode has one, whatever is damaged when an outcome is stored."""

    KEYS = (f"missed:{TD}:{CD}", f"failing:{TD}:{CD}", "suspended", "refs",
            f"topic:{TD}", f"cursor:{TD}", f"events:{TD}", "damaged")

    def tally(self, event):
        return f"tally:{event[:9]}"

    def has_cursor_job(self):
        waits = any(member.startswith(f"f {TD} {CD} ".encode())
                    for member in self.call("ZRANGE", "retry", 0, -1))
        return waits or any(fields.get(b"c") == CD.encode() and b"u" in fields
                            for _, fields in self.entries(LANE))

    def after(self, key, settle):
        """Whether there is one after this, while the key is damaged."""
        self.damage(key)
        try:
            settle()
        except RedisError as error:
            self.assertEqual(key, "refs", error)
        return self.has_cursor_job()

    def test_after_a_suspension(self):
        for key in (*self.KEYS, self.tally):
            with self.subTest(key=key):
                self.setUp()
                event = self.publish()
                entry, _ = self.claim()
                self.assertTrue(self.after(
                    key(event) if callable(key) else key,
                    lambda: self.suspend(entry, event)))
                self.empty()

    def test_after_a_suspension_in_a_backfill(self):
        for key in (*self.KEYS, self.tally):
            if key == f"cursor:{TD}":
                continue  # it is lost, and begins anew with the next event
            with self.subTest(key=key):
                self.setUp()
                self.suspended_now()
                self.due_now()
                entry, u, said = self.cursor_job()
                self.settle_cursor("done", entry, u, said[0], 1)
                event = self.publish()
                entries = [(entry, fields) for entry, fields in
                           self.read(LANE) if b"e" in fields]
                (entry, _), = entries or [(None, None)]
                self.assertTrue(self.after(
                    key(event) if callable(key) else key,
                    lambda: entry and self.suspend(entry, event)))
                self.empty()

    def test_after_a_delivery(self):
        for key in (*self.KEYS, self.tally):
            if key == f"cursor:{TD}":
                continue
            with self.subTest(key=key):
                self.setUp()
                self.suspended_now()
                later = self.publish()
                self.due_now()
                entry, u, said = self.cursor_job()
                self.assertTrue(self.after(
                    key(later) if callable(key) else key,
                    lambda: self.settle_cursor("done", entry, u, said[0], 1)))
                self.empty()


class Waiting(DamageTest):
    """What waits is in one place or the other."""

    MEMBER = f"d 1-1 {CD} 1 0"

    def test_the_outbox_is_damaged_when_retries_are_due(self):
        self.call("ZADD", "retry", 1, self.MEMBER, 2, "nonsense", 3,
                  "d x", 4, "v x", 5, "", 6, f"d 2-2 {CD} 1 0")
        self.damage("outbox")
        self.run_mending("promote", self.epoch, 100, 5)
        self.assertEqual([fields[b"e"] for _, fields in self.entries("outbox")],
                         [b"1-1", b"2-2"])
        self.assertEqual(self.notes(), [("outbox", "")])
        self.assertEqual([fields[b".m"] for _, fields in self.entries("held")],
                         [b"nonsense", b"d x", b"v x", b""])

    def test_or_when_parked_jobs_come_back(self):
        self.call("RPUSH", "parked:H", self.MEMBER, "nonsense")
        self.damage("outbox")
        self.assertEqual(self.run_mending("unpark", "H", 10), [2, 0])
        self.assertEqual(len(self.entries("outbox")), 1)

    def held(self):
        """A cursor job that is held; returns its member of `retry`."""
        self.subscription(flags="o")
        self.call("HSET", f"cursor:{TD}", CD, "5 run 0-0 0 1 - -")
        entry = self.call("XADD", "held", "*", "v", 1, "from", "outbox", "n", 1,
                          "why", "w", ".f", TD, ".c", CD, ".u", 5).decode()
        return f"u {entry}"

    def test_what_is_held_comes_back_when_retries_are_lost(self):
        member = self.held()
        self.damage("retry")
        self.run_mending("command", "ZCARD", "websub:{0}:retry")
        self.assertEqual(self.call("ZRANGE", "retry", 0, -1), [member.encode()])
        self.assertTrue(self.exists("wake"))

    def test_a_cursor_job_that_was_held_is_posted_anew(self):
        self.call("ZADD", "retry", 1, self.held())
        self.damage("held")
        self.run_mending("promote", self.epoch, 100, 5)
        self.assertEqual([fields[b"u"] for _, fields in self.entries("outbox")],
                         [b"6"])
        self.assertEqual(self.notes(), [("held", "")])

    def test_an_open_event_goes_on_with_a_progress_that_is_garbled(self):
        event, = self.events(1)
        self.call("HSET", "fanout", event, "garbled", "9-9", "x", "y", "z")
        self.subscribe(CD)
        said = self.as_owner("resume")
        self.assertEqual(said[1].decode(), event)
        self.assertEqual(len(said), 3)
        self.assertEqual(list(self.hash("fanout")), [event.encode()])
        self.as_owner("page", event, 100, 1000, TD)
        self.assertEqual(self.posted(event), [CD])
        self.assertFalse(self.exists("fanout"))

    def test_a_cursor_that_is_gone_begins_with_the_index(self):
        self.subscription(flags="f")
        self.call("HSET", f"cursor:{TD}", "someone", "1 run 0-0 0 0 - -")
        events = self.events(3)
        self.begin(*events)
        self.read("outbox")
        entry, _ = self.entries("outbox")[-1]
        self.run_script("settle", "job", "outbox", entry, "miss", events[-1],
                        CD, TD)
        cursor = self.hash(f"cursor:{TD}")[CD.encode()].split()
        self.assertEqual(cursor[1:4], [b"run", b"0-0", b"0"])
        self.assertIn((f"cursor:{TD}", CD), self.notes())


if __name__ == "__main__":
    unittest.main()
