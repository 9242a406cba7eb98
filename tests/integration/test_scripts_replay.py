"""The scripts replay_add, replay_page, replay_cancel and replay_list."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest

FIRST, NOW = "0-0", "-"


class Replay(ScriptTest):
    def add(self, name="r", cd="", first=FIRST, last=NOW, most=16):
        return self.run_script("replay_add", name, TOPIC, TD,
                               CALLBACK if cd else "", cd, first, last,
                               "from", "to", most)

    def page(self, most=100):
        """Deliveries that were posted, and what is known of replays."""
        posted, state, *ended = self.as_owner("replay_page", most)
        return posted, state, [each.decode() for each in ended]

    def told(self, name="r"):
        row, = self.run_script("replay_list", name, 10)
        return dict(zip(("id", "topic", "callback", "from", "to", "first",
                         "last", "at", "state", "events", "deliveries",
                         "trimmed", "began", "ended"),
                        (each.decode() for each in row)))

    def begun(self, count=3, cds=(CD,)):
        """Events that are delivered; their ids."""
        self.subscribe(*cds)
        events = [self.event() for _ in range(count)]
        for event in events:
            while not self.post_page(event)[1]:
                pass
        while self.settle_all("outbox") + self.settle_all("bulk"):
            pass
        self.assertFalse(self.exists("refs"))
        return events

    def test_each_event_is_posted_once_however_small_the_pages(self):
        cds = [f"{n:022d}" for n in range(5)]
        events = self.begun(4, cds)
        self.add()
        total = 0
        for _ in range(100):
            posted, state, ended = self.page(3)
            self.assertLessEqual(posted, 3)
            total += posted
            if ended:
                break
        self.assertEqual((total, state, ended[2:]), (20, 1, ["4", "20"]))
        for event in events:
            self.assertEqual(self.posted(event), [cd + "!" for cd in cds])
        self.assertEqual(self.hash("refs"),
                         {event.encode(): b"5" for event in events})
        self.assertEqual(self.page(), (0, 0, []))
        self.assertEqual(self.told()["state"], "done")

    def test_what_is_added_twice_is_there_once(self):
        self.begun()
        self.assertEqual(self.add(), 1)
        self.page(1)
        before = self.told()
        self.assertEqual(self.unchanged_by(self.add), 1)
        self.assertEqual(self.told(), before)

    def test_live_work_goes_first(self):
        self.begun()
        self.add()
        for _ in range(65):
            self.call("XADD", "outbox", "*", "e", "1-1", "c", CD)
        self.assertEqual(self.unchanged_by(self.page), (0, 2, []))
        self.read("outbox", count=10)
        self.assertEqual(self.page()[0], 3)

    def test_several_have_their_pages_in_rotation(self):
        self.begun()
        for name in "ab":
            self.add(name)
        counts = []
        for _ in range(4):
            self.page(1)
            counts.append([int(self.told(name)["deliveries"])
                           for name in "ab"])
        self.assertEqual(sorted(counts[-1]), [2, 2])

    def test_an_event_that_leaves_meanwhile_is_passed(self):
        events = self.begun(3, [f"{n:022d}" for n in range(4)])
        self.add()
        self.page(2)
        self.call("XDEL", "log", events[0])
        total = 2
        while True:
            posted, _, ended = self.page(2)
            total += posted
            if ended:
                break
        self.assertEqual(total, 2 + 8)

    def test_a_range_without_events_is_done_at_once(self):
        self.begun()
        self.add(first="9999999999999-0")
        self.assertEqual(self.page()[1:], (1, ["r", TOPIC, "0", "0"]))

    def test_cancelled_nothing_is_posted(self):
        self.begun()
        self.add()
        self.assertEqual(self.run_script("replay_cancel", "r"), 1)
        self.assertEqual(self.page(), (0, 0, []))
        self.assertEqual(self.told()["state"], "cancelled")
        self.assertEqual(
            self.unchanged_by(lambda: self.run_script("replay_cancel", "r")),
            2)
        self.assertEqual(self.run_script("replay_cancel", "none"), 0)

    def test_bounds(self):
        self.begun()
        for n in range(3):
            self.assertEqual(self.add(f"r{n}", most=3), 1)
        self.assertEqual(self.add("r3", most=3), 0)
        self.assertEqual(self.add("r4", cd="x" * 22), -1)

    def test_what_has_left_is_told(self):
        self.begun()
        self.call("SET", "horizon", "5-0")
        self.add("early", first="4-0")
        self.add("late", first="5-0")
        self.assertEqual([self.told(name)["trimmed"]
                          for name in ("early", "late")], ["1", "0"])

    def test_a_damaged_record_costs_that_replay_only(self):
        self.begun()
        self.add("bad")
        self.add("good")
        self.call("HDEL", "replay:bad", "at")
        posted = [self.page()[0] for _ in range(2)]
        self.assertEqual(sum(posted), 3)
        self.assertEqual(self.page(), (0, 0, []))

    def test_what_can_not_be_in_a_record_costs_that_replay_only(self):
        self.begun()
        for field, value in (("at", "x"), ("at", "(" + "9" * 25 + "-0"),
                             ("last", "x"), ("e", "x"), ("after", "x" * 99)):
            with self.subTest(field, value=value):
                self.add("bad")
                self.add("good")
                self.call("HSET", "replay:bad", field, value)
                ended = []
                while (page := self.page())[1] == 1:
                    ended += page[2][:1]
                self.assertIn("good", ended)
                for name in ("bad", "good"):
                    self.call("DEL", f"replay:{name}")
                while self.settle_all("bulk"):
                    pass

    def test_an_event_that_has_not_begun_waits(self):
        begun = self.begun(2)
        event = self.event()
        self.add()
        self.assertEqual(self.page()[:2], (2, 1))
        self.assertEqual(self.unchanged_by(self.page), (0, 2, []))
        self.begin(event)
        self.assertEqual(self.page(), (1, 1, ["r", TOPIC, "3", "3"]))
        self.assertEqual([self.posted(each) for each in begun],
                         [[CD + "!"]] * 2)

    def test_it_ends_with_what_is_the_last_event_at_its_beginning(self):
        events = self.begun(2)
        self.add(last="9999999999999-0")
        self.assertEqual(self.told()["last"], events[-1])

    def test_what_it_leaves_goes_a_day_later(self):
        self.begun()
        self.add()
        self.page()
        self.assertTrue(0 < self.call("PTTL", "replay:r") <= 86400000)
        self.call("ZADD", "replays", 1, "r")
        self.add("new")
        self.assertEqual(self.call("ZRANGE", "replays", 0, -1), [b"new"])


class CursorMode(CursorTest):
    """To a subscription in cursor mode it comes as a missed event, and stays
    apart from the event that comes anyway."""

    def again(self, event):
        """The job of a replay, claimed."""
        self.call("XADD", LANE, "*", "e", event, "c", CD + "!")
        self.call("HINCRBY", "refs", event, 1)
        return self.read(LANE)[-1][0]

    def members(self):
        """Of the missed events: ids, with the mark of a replay."""
        marks = [member.endswith(b"!") for member in
                 self.call("ZRANGE", f"missed:{TD}:{CD}", 0, -1)]
        return marks

    def delivered(self):
        event = self.publish()
        self.settle("done", self.claim()[0], event, 1)
        return event

    def cursor_job(self):
        """Claims it; its entry, its number, the event and whether it is
        delivered again."""
        entry, fields = self.claim()
        said = [word.decode() for word in self.run_script(
            "next_event", TD, CD, fields["u"], LANE, entry)]
        return entry, fields["u"], said[0], said[-1] == "1"

    def test_one_that_suspends_the_subscription_is_none_that_it_missed(self):
        event = self.delivered()
        self.suspend(self.again(event), event, CD + "!")
        self.assertEqual(self.members(), [True])
        self.due_now()
        entry, u, found, again = self.cursor_job()
        self.assertEqual((found, again), (event, True))
        self.cursor_done(entry, u, event + "!")
        self.assertFalse(self.exists(f"missed:{TD}:{CD}"))

    def test_nor_is_one_that_does_so_during_a_backfill(self):
        first = self.suspended_now()
        self.publish()
        self.due_now()
        entry, u, _, _ = self.cursor_job()
        self.cursor_done(entry, u, first)
        self.suspend(self.again(first), first, CD + "!")
        self.assertTrue(self.is_suspended())
        self.assertEqual(self.members(), [True])

    def test_an_event_that_was_missed_and_is_replayed_comes_twice(self):
        event = self.suspended_now()
        self.miss(self.again(event), event, CD + "!")
        self.assertEqual(self.members(), [False, True])
        self.due_now()
        for again in (False, True):
            entry, u, found, is_again = self.cursor_job()
            self.assertEqual((found, is_again), (event, again))
            self.cursor_done(entry, u, event + "!" * again)
        self.assertEqual(self.members(), [])

    def test_what_is_missed_meanwhile_is_not_taken_for_the_replayed(self):
        first, event = self.publish(), self.publish()
        (one, _), (live, _) = self.read(LANE)
        self.suspend(one, first)
        self.miss(self.again(event), event, CD + "!")
        self.due_now()
        entry, u, _, _ = self.cursor_job()
        self.cursor_done(entry, u, first)
        entry, u, found, again = self.cursor_job()
        self.assertEqual((found, again), (event, True))
        self.miss(live, event)
        self.cursor_done(entry, u, event + "!")
        entry, u, found, again = self.cursor_job()
        self.assertEqual((found, again), (event, False))
        self.assertEqual(self.members(), [False])

    def test_a_replay_does_not_move_the_cursor(self):
        first = self.suspended_now()
        later = self.publish()
        self.miss(self.again(later), later, CD + "!")
        self.due_now()
        came = []
        while len(came) < 3:
            entry, u, found, again = self.cursor_job()
            came.append((found, again))
            self.cursor_done(entry, u, found + "!" * again)
        self.assertEqual(came, [(first, False), (later, True),
                                (later, False)])


if __name__ == "__main__":
    unittest.main()
