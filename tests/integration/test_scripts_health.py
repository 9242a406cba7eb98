"""The scripts of the health monitor, on one shard."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.redis import RedisError
from support.scripts import (CALLBACK, CD, PREFIX, TD, TOPIC, ScriptTest,
                             host_id, pairs)

LIMITS = ("", 0, 5000, 8)
PAUSE_MS = 50
ATTEMPTS = 3
SOON = 9999999999999


class HealthScripts(ScriptTest):
    def look(self, *names, most=1000, limits=LIMITS):
        """Issues of some keys: (issue, action, key, member), sorted."""
        words = [word for name in names for word in (name, "0")]
        rest, found, cursors, totals = self.run_script(
            "health_keys", *limits, most, *words)
        self.rest, self.cursors, self.totals = rest, cursors, totals
        texts = [word.decode() for word in found]
        return sorted(tuple(texts[i:i + 4]) for i in range(0, len(texts), 5))

    def repair(self, action, key, member="", how="mend", limits=LIMITS):
        return self.run_mending("health_repair", *limits, action, key, member,
                                how).decode()

    def check_repair(self, action, key, member=""):
        """It is found, looked at, mended, and then well; a repetition changes
        nothing."""
        found = [issue[1:] for issue in self.look(key)]
        self.assertIn((action, key, member), found)
        self.unchanged_by(lambda: self.assertEqual(
            self.repair(action, key, member, "look"), "left"))
        self.assertEqual(self.repair(action, key, member), "mended")
        self.assertNotIn((action, key, member),
                         [issue[1:] for issue in self.look(key)])
        self.unchanged_by(lambda: self.assertEqual(
            self.repair(action, key, member), "well"))


    def hold(self, stream, **own):
        entry = self.call("XADD", "held", "*", "v", 1, "from", stream, "n", 1,
                          "why", "w", *(word for name, value in own.items()
                                        for word in ("." + name, value)))
        self.call("ZADD", "retry", SOON, f"u {entry.decode()}")


class Look(HealthScripts):
    def test_of_what_is_sound(self):
        """Of every kind that a life of a subscription and an event leaves."""
        self.request_script()
        self.subscription()
        event = self.event()
        self.begin(event)
        names = [key.decode().split("}:")[1]
                 for key in self.redis.call("KEYS", "websub:{0}:*")]
        self.assertGreater(len(names), 10)
        self.unchanged_by(lambda: self.assertEqual(self.look(*names), []))

    def test_of_entries_of_lanes(self):
        entry = self.call("XADD", "outbox", "*", "e", "1-1", "c", CD).decode()
        self.call("SET", "bulk", "damaged")
        for name in ("crashes", "parts"):
            self.call("HSET", name, f"outbox {entry}", "1", "outbox 1-1", "1",
                      f"bulk {entry}", "1", "nonsense", "1")
            self.assertEqual(
                [issue[1:] for issue in self.look(name)],
                sorted(("drop-member", name, member) for member in
                       ("outbox 1-1", f"bulk {entry}", "nonsense")))

    def test_of_a_job_that_comes_again(self):
        """One that was promoted is on its way, and waits no more."""
        self.subscription()
        event = self.event()
        self.call("HSET", f"failing:{TD}:{CD}", event, f"d {event} {CD} 1 0")
        found = [("orphaned", "drop-member", f"failing:{TD}:{CD}", event)]
        self.assertEqual(self.look(f"failing:{TD}:{CD}"), found)
        self.call("HSET", "refs", event, 1)
        self.assertEqual(self.look(f"failing:{TD}:{CD}"), [])
        self.call("DEL", "refs")
        self.call("ZADD", "retry", SOON, f"d {event} {CD} 1 0")
        self.assertEqual(self.look(f"failing:{TD}:{CD}"), [])

    def test_of_what_is_held(self):
        """It waits in `retry` under the entry's id."""
        self.hold("outbox", e="1-1", c=CD)
        self.assertEqual(self.look("held", "retry"), [])
        self.call("ZADD", "retry", SOON, "u 5-5", SOON, "u x")
        self.assertEqual(self.look("retry"), [
            ("corrupt", "drop-member", "retry", "u x"),
            ("orphaned", "drop-member", "retry", "u 5-5")])
        self.assertEqual(self.look("held"), [])

    def pause(self, order="pause"):
        self.run_script("pause", TD, CD, TOPIC, order, "-")

    def test_of_a_paused_subscription(self):
        self.subscription()
        self.pause()
        names = ("paused", f"cursor:{TD}", f"sub:{TD}")
        self.assertEqual(self.look(*names), [])
        member = f"{TD}:{CD}"
        self.call("DEL", f"cursor:{TD}")
        self.check_repair("restore-cursor", "paused", member)
        self.assertEqual(self.look(*names), [])
        self.assertEqual(self.call("XLEN", "outbox"), 0)
        self.call("DEL", "paused")
        self.check_repair("restore-cursor", f"cursor:{TD}", CD)
        self.assertEqual(self.call("XLEN", "outbox"), 1)
        self.call("ZADD", "paused", 1, member)
        self.check_repair("drop-member", "paused", member)

    def test_of_a_paused_one_that_has_no_use_for_a_cursor(self):
        self.subscription()
        self.call("ZADD", "paused", 1, f"{TD}:{CD}")
        self.check_repair("restore-cursor", "paused", f"{TD}:{CD}")
        self.assertFalse(self.exists("paused"))

    def test_a_paused_one_is_not_denied_for_being_suspended(self):
        self.subscription()
        self.pause()
        self.call("ZADD", "suspended", 1, f"{TD}:{CD}")
        limits = ("", 3600000, 5000, 8)
        self.assertEqual(self.look("suspended", limits=limits), [])
        self.pause("resume")
        self.assertEqual(self.look("suspended", limits=limits), [
            ("stale", "deny", "suspended", f"{TD}:{CD}")])

    def test_goes_on_where_it_was(self):
        self.call("HSET", "attempts:x", *(word for n in range(1000)
                                          for word in (f"{n}", "y")))
        found, rest, calls = set(), [b"attempts:x", b"0"], 0
        while rest:
            rest, issues, _, _ = self.run_script("health_keys", *LIMITS, 50,
                                                 *rest)
            self.assertLessEqual(len(issues) // 5, 200)
            found |= set(issues[3::5])
            calls += 1
        self.assertEqual(len(found), 1000)
        self.assertGreater(calls, 4)

    def test_keys_beyond_the_most_are_left_for_later(self):
        names = [f"kept:{n}-0" for n in range(10)]
        for name in names:
            self.call("HSET", name, "t", TOPIC)
        self.assertEqual(len(self.look(*names, most=4)), 4)
        self.assertEqual([word.decode() for word in self.rest[::2]], names[4:])

    def test_of_a_later_version(self):
        """A record of a later program is left alone."""
        self.subscription()
        for record in ("2 anything", "12 anything"):
            self.write_record(record)
            self.assertEqual(self.look(f"sub:{TD}"), [])

    def test_the_text_of_a_topic_is_no_subscription(self):
        self.subscription()
        self.call("HSET", f"sub:{TD}", "t", TOPIC)
        self.assertEqual(self.look(f"sub:{TD}"), [])
        self.assertEqual(self.totals[0], 1)

    def test_of_a_key_that_nobody_knows(self):
        self.call("SET", "nonsense", "x")
        self.assertEqual(self.look("nonsense"),
                         [("orphaned", "unknown", "nonsense", "")])
        self.unchanged_by(lambda: self.assertEqual(
            self.repair("unknown", "nonsense"), "left"))

    def test_too_long_suspended(self):
        self.subscription(flags="f")
        self.call("HSET", f"cursor:{TD}", CD, "1 run 0-0 0 1 - -")
        self.call("ZADD", "suspended", self.now_ms() - 5000, f"{TD}:{CD}")
        self.assertEqual(self.look("suspended"), [])
        limits = ("", 1000, 5000, 8)
        self.assertEqual(self.look("suspended", limits=limits),
                         [("stale", "deny", "suspended", f"{TD}:{CD}")])
        self.assertEqual(self.look(f"cursor:{TD}"), [])
        self.assertEqual(self.cursors, [TD.encode(), CD.encode(), b"1"])


class Repair(HealthScripts):
    def test_a_record_without_index(self):
        self.subscription()
        self.unindex(CD)
        self.call("DEL", "lease")
        self.check_repair("index", f"sub:{TD}", CD)
        self.assertEqual(self.index(), [CD])
        self.assertEqual(self.lease_due(), 9999999999)

    def test_an_index_without_record(self):
        self.subscription()
        self.call("DEL", f"sub:{TD}")
        self.call("ZADD", "suspended", 1, f"{TD}:{CD}")
        self.check_repair("end-subscription", "subs:", f"{TD}:{CD}")
        self.assertFalse(self.exists("subs:") or self.exists("suspended"))

    def test_a_record_that_can_not_be_read_is_noted(self):
        self.subscription()
        self.subscription("other")
        self.write_record("garbage")
        self.check_repair("end-subscription", f"sub:{TD}", CD)
        self.assertEqual(self.index(), ["other"])
        note = self.entries("damaged")[-1][1]
        self.assertEqual((note[b"part"], note[b"value"]),
                         (CD.encode(), b"garbage"))

    def test_a_leaf_that_the_index_has_lost(self):
        self.subscription()
        self.call("RENAME", "subs:", PREFIX + "subs:zzz")
        self.check_repair("index-leaf", "subs:zzz")
        self.assertEqual(self.index(), [CD])

    def test_a_member_in_a_leaf_where_nobody_looks(self):
        self.subscription("a")
        self.call("ZADD", "bounds", 0, f"{TD}:b")
        self.call("ZADD", f"subs:{TD}:b", 0, f"{TD}:c")
        self.call("ZADD", "lease", 1, f"{TD}:b")
        self.subscription("c")  # in the first leaf
        self.check_repair("index", "subs:", f"{TD}:c")
        self.assertEqual(self.index(), ["a", "c"])

    def test_content_that_somebody_refers_to_is_kept(self):
        self.call("HSET", "kept:1-1", "t", TOPIC)
        self.call("HSET", "refs", "1-1", 1)
        self.assertEqual(self.look("kept:1-1"), [])
        self.unchanged_by(lambda: self.assertEqual(
            self.repair("drop", "kept:1-1"), "well"))

    def test_held_entries_that_nobody_comes_back_for(self):
        """All are planned again; those that wait go on waiting."""
        for _ in range(50):
            self.hold("outbox", e="1-1", c=CD)
        members = self.call("ZRANGE", "retry", 0, -1)
        self.call("ZREM", "retry", *members[:-1])
        self.check_repair("plan-held", "held")
        self.assertEqual(set(self.call("ZRANGE", "retry", 0, -1)), set(members))
        self.assertEqual(self.call("ZCOUNT", "retry", SOON, "+inf"), 1)
        self.assertTrue(self.exists("wake"))

    def test_another_action_than_is_needed(self):
        self.call("HSET", "attempts:x", "y", "z")
        self.unchanged_by(lambda: self.assertEqual(
            self.repair("end-subscription", "attempts:x", "y"), "well"))

    def test_a_key_of_another_type(self):
        for name in ("retry", "counts", "outbox", "parked:x", "gen"):
            with self.subTest(name=name):
                self.call("DEL", name)
                self.call("SADD", name, "x")
                self.assertEqual(self.look(name)[0][1], "move")
                self.assertEqual(self.repair("move", name), "mended")
                self.assertNotIn("move", str(self.look(name)))

    def test_denial_of_one_suspended_for_too_long(self):
        self.subscription(flags="f")
        self.call("HSET", f"topic:{TD}", "t", TOPIC)
        self.call("HSET", f"cursor:{TD}", CD, "1 run 0-0 0 1 - -")
        self.call("ZADD", "suspended", 1, f"{TD}:{CD}")
        self.assertEqual(self.repair("deny", "suspended", f"{TD}:{CD}",
                                     limits=("", 1000, 5000, 8)), "mended")
        self.assertIsNone(self.read_record())
        request = self.hash(f"request:{TD}:{CD}:d")
        self.assertIn(b"suspended", request[b"r"])
        self.assertEqual(request[b"c"], CALLBACK.encode())


class Count(HealthScripts):
    def count(self, key="", member="", cursors=(), most=1500):
        skipped, *found = self.run_script("health_count", key, member, most,
                                          *cursors)
        return skipped or {(found[i + 2].decode(), found[i + 3].decode())
                           for i in range(0, len(found), 5)}

    def test_jobs_wherever_they_are(self):
        self.subscribe(*(f"{n:022d}" for n in range(20)))
        event = self.event()
        self.begin(event)
        lanes = self.read("outbox", count=1)
        self.call("ZADD", "retry", SOON, f"d {event} {CD} 1 0")
        self.call("ZADD", "retry", SOON, "h x")
        self.call("RPUSH", "parked:x", f"d {event} {CD} 2 0")
        self.call("HSET", "counts", "p", 1)
        self.call("XADD", "dead", "*", "v", 1, "e", event, "t", TOPIC)
        self.call("HINCRBY", "refs", event, 3)
        self.unchanged_by(lambda: self.assertEqual(self.count(), set()))
        self.run_script("settle", "part", "outbox", lanes[0][0], "-",
                        "65534", "done", event, 1)
        self.assertEqual(self.count(), set())
        self.call("HINCRBY", "refs", event, 1)
        self.assertEqual(self.count(), {("refs", event)})
        self.count("refs", event)
        self.assertEqual(self.count(), set())
        self.assertEqual(self.call("HGET", "refs", event), b"22")

    def test_jobs_that_are_held(self):
        for stream in ("outbox", "bulk"):
            self.hold(stream, e="1-1", c=f"{CD} {CD}:*")
        self.hold("retry", m=f"d 1-1 {CD} x")
        self.hold("log", e="1-1", c=CD)
        self.call("XADD", "dead", "*", "v", 1, "u", "outbox", ".e", "1-1",
                  ".c", CD)
        self.call("XADD", "dead", "*", "v", 1, "u", "log", ".t", TOPIC)
        self.call("HSET", "refs", "1-1", 6)
        self.unchanged_by(lambda: self.assertEqual(self.count(), set()))

    def test_parked_jobs(self):
        self.call("ZADD", "retry", SOON, "h x")
        self.call("RPUSH", "parked:x", f"f {TD} {CD} 5 0 0",
                  f"f {TD} {CD} 6 0 0")
        self.assertEqual(self.count(), {("counts", "p")})
        self.count("counts", "p")
        self.assertEqual(self.call("HGET", "counts", "p"), b"2")
        self.assertEqual(self.count(), set())

    def test_requests_and_announcements(self):
        self.request_script()
        self.announce(TOPIC)
        self.assertEqual(self.count(), set())
        right = self.hash("counts")
        host = host_id(CALLBACK)
        self.call("HSET", "counts", f"h:{host}", 7, "a:0", 1)
        self.call("HDEL", "counts", "c:-")
        wrong = {("counts", field) for field in (f"h:{host}", "a:0", "c:-")}
        self.assertEqual(self.count(), wrong)
        for key, member in wrong:
            self.count(key, member)
        self.assertEqual(self.hash("counts"), right)

    def test_a_cursor_job(self):
        cursor = "5 run 0-0 0 1 - -"
        self.subscription(flags="f")
        self.call("HSET", f"cursor:{TD}", CD, cursor)
        job = (TD, CD, 5)
        self.assertEqual(self.count(cursors=job), {(f"cursor:{TD}", CD)})
        self.assertEqual(self.count(cursors=(TD, CD, 4)), set())
        self.call("ZADD", "retry", SOON, f"f {TD} {CD} 5 1 0")
        self.assertEqual(self.count(cursors=job), set())
        self.call("DEL", "retry")
        self.count(f"cursor:{TD}", CD, job)
        self.assertEqual(self.entries("outbox")[0][1][b"u"], b"6")
        self.unchanged_by(lambda: self.count(f"cursor:{TD}", CD, job))

    def test_a_cursor_job_that_is_held(self):
        """It comes back; one that is a dead letter does not."""
        self.subscription(flags="o")
        self.call("HSET", f"cursor:{TD}", CD, "5 run 0-0 0 1 - -")
        job = {"f": TD, "c": CD, "u": 5}
        for _ in range(30):
            self.hold("verify", q="x")
        self.hold("outbox", **job)
        self.assertEqual(self.count(cursors=(TD, CD, 5)), set())
        self.call("DEL", "held")
        self.call("XADD", "dead", "*", "v", 1, "u", "outbox", *(
            word for name, value in job.items() for word in ("." + name, value)))
        self.assertEqual(self.count(cursors=(TD, CD, 5)),
                         {(f"cursor:{TD}", CD)})

    def test_no_more_than_a_step_may_count(self):
        for number in range(30):
            self.call("ZADD", "retry", SOON, f"h {number}")
        self.assertEqual(self.count(most=20), 1)


class Note(HealthScripts):
    THING = ("0", "retry", "x", "drop-member", "orphaned")

    def note(self, *things, report="", mends=1, forced=0, epoch=None):
        words = [word for thing in things for word in thing]
        return self.run_script("health_note", epoch or self.epoch, "events",
                               100, report, mends, forced, ATTEMPTS, PAUSE_MS,
                               *words)

    def age(self):
        """The pause has passed."""
        for thing, note in self.hash("health_attempts").items():
            action, seen, made, last, told = note.decode().split(" ")
            note = [action, int(seen) - PAUSE_MS, made,
                    max(0, int(last) - PAUSE_MS), told]
            self.call("HSET", "health_attempts", thing,
                      " ".join(map(str, note)))

    def alerts(self):
        return [fields[b"w"] for _, fields in self.entries("events")]

    def test_three_attempts_and_one_alert(self):
        self.assertEqual(self.note(self.THING), [[], [], 1])
        self.assertEqual(self.note(self.THING), [[], [], 1])
        for _ in range(ATTEMPTS):
            self.age()
            self.assertEqual(self.note(self.THING), [[0], [], 1])
            self.assertEqual(self.note(self.THING), [[], [], 1])
        self.age()
        self.assertEqual(self.note(self.THING), [[], [0], 0])
        self.age()
        self.assertEqual(self.note(self.THING), [[], [], 0])
        self.assertEqual(self.alerts(), [b"orphaned drop-member retry"])

    def test_what_is_well_is_forgotten(self):
        self.note(self.THING)
        self.note()
        self.assertFalse(self.exists("health_attempts"))

    def test_switched_off(self):
        self.note(self.THING)
        self.age()
        self.assertEqual(self.note(self.THING, mends=0), [[], [], 0])
        self.assertEqual(self.note(self.THING, mends=0, forced=1),
                         [[0], [], 1])
        self.call("HSET", "health_state", "cleanup", 0)
        self.age()
        self.assertEqual(self.note(self.THING), [[], [], 0])
        self.call("HSET", "health_state", "cleanup", 1)
        self.assertEqual(self.note(self.THING, mends=0), [[0], [], 1])

    def test_the_report_is_kept(self):
        self.note(report="one")
        self.note()
        self.assertEqual(self.call("GET", "health"), b"one")

    def test_only_the_coordinator(self):
        with self.assertRaisesRegex(RedisError, "^FENCED "):
            self.note(report="two", epoch=int(self.epoch) + 1)


class Ask(HealthScripts):
    def ask(self, *words):
        return self.run_script("health_ask", "events", 100, *words)

    def orders(self, item="", state="", progress="", number=0):
        return self.as_owner("health_orders", item, state, progress, number)

    def test_checks_are_numbered(self):
        self.assertEqual([self.ask("check"), self.ask("check")], [1, 2])
        self.assertEqual(self.orders()[0], 2)
        self.assertEqual([fields[b"k"] for _, fields in self.entries("events")],
                         [b"health_requested"] * 2)

    def test_one_fsck_at_a_time(self):
        self.assertEqual(self.ask("fsck", 1), 1)
        self.assertEqual(self.ask("fsck", 1), 0)
        self.assertEqual(self.orders(state="running", progress="{}", number=1),
                         [0, 1, b"running", 1, b""])
        self.assertEqual(self.ask("fsck", 0), 0)
        self.orders(state="done", progress="{}", number=1)
        self.assertEqual(self.ask("fsck", 0), 2)
        # What is told late of the one before.
        self.assertEqual(self.orders(state="done", progress="{}", number=1),
                         [0, 2, b"requested", 0, b""])

    def test_an_item_stays_until_it_is_done(self):
        item = ("0", "retry", "a b\nc", "drop-member")
        self.assertEqual(self.ask("item", *item), 0)
        self.call("HSET", "health_attempts", "0\nretry\na b\nc",
                  "drop-member 1 0 0 0")
        self.assertEqual(self.ask("item", *item[:3], "drop"), 0)
        self.assertEqual(self.ask("item", *item), 1)
        told = "\n".join(item)
        self.assertEqual(self.orders()[4], told.encode())
        self.assertEqual(self.orders()[4], told.encode())
        self.assertEqual(self.orders(item=told)[4], b"")

    def test_no_more_than_a_hundred_items(self):
        self.call("HSET", "health_attempts", "0\nretry\nx",
                  "drop-member 1 0 0 0")
        item = ("item", "0", "retry", "x", "drop-member")
        self.assertEqual({self.ask(*item) for _ in range(100)}, {1})
        self.assertEqual(self.ask(*item), -1)


class Sums(HealthScripts):
    def index_of(self, most=1000):
        bound, sums, total = "", {}, 0
        while True:
            bound, change, count, urls, *hosts = self.run_script(
                "health_index", bound, most)
            self.assertEqual(urls, count)  # TOPIC is one
            total += count
            for host, number in pairs(hosts).items():
                sums[host] = sums.get(host, 0) + number
            if not bound:
                return change, total, sums

    def test_all_leaves_are_counted(self):
        for number in range(300):
            self.request_script(cd=f"{number:022d}", how="trust")
        self.assertGreater(self.call("ZCARD", "bounds"), 1)
        change, total, sums = self.index_of(most=50)
        self.assertEqual(total, 300)
        host = host_id(CALLBACK)
        self.assertEqual(sums, {host.encode(): 300})
        x = int(host[:3], 16)
        args = (300, 300, x, x, host, 300)
        self.unchanged_by(lambda: self.assertEqual(
            self.run_script("health_hosts", change, 0, *args), 0))
        right = self.hash("counts"), self.hash(f"hosts:{host[:3]}")
        self.call("HSET", "counts", "s", 5)
        self.call("HSET", f"hosts:{host[:3]}", host[3:], 7, "x", 1)
        self.assertEqual(self.run_script("health_hosts", change, 0, *args), 3)
        self.unchanged_by(lambda: self.assertEqual(
            self.run_script("health_hosts", "0-0", 1, *args), -1))
        self.assertEqual(self.run_script("health_hosts", change, 1, *args), 3)
        self.assertEqual((self.hash("counts"), self.hash(f"hosts:{host[:3]}")),
                         right)


if __name__ == "__main__":
    unittest.main()
