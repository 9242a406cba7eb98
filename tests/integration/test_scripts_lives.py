"""Following: whole lives of a subscription at random."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cursor_job import LANE, CursorTest
from support.scripts import CD, TD

# What a subscription may be: the flag of its record, and the mode, END and
# RESUME of its cursor (docs/PROTOCOL.md, `cursor:TD`).
STATES = {
    ("-", None),
    *((flag, (mode, False, False)) for flag in "fo"
      for mode in ("run", "idle")),
    *(("c", (mode, True, False)) for mode in ("run", "idle")),
    *((flag, (mode, True, True)) for flag in "fo"
      for mode in ("run", "idle"))}
BEFORE, AFTER = "#" * 22, "~" * 22  # subscriptions around it in the index


class LifeTest(CursorTest):
    """Random lives of one subscription.  Every event arrives once, whatever
    is repeated, fails, is suspended or renewed in between, and however far
    fan-outs have come by then."""

    STEPS = 120
    FAILS_TURN, FAILS_JOB = 0.4, 0.6
    retried = ()  # of the job that is settled

    def life(self, draw):
        self.got, self.sent, self.unread, self.open = [], [], [], []
        self.states = set()
        acts = self.acts()
        for _ in range(self.STEPS):
            draw.choice(acts)(draw)
            self.note_state()
        while self.unread or self.open:
            draw.choice((self.act_begin, self.act_page, self.act_work,
                         self.due_now))(draw)
        for _ in range(10 * self.STEPS):
            if not any(self.call("XLEN", lane) for lane in (LANE, "bulk")) \
                    and not self.exists("retry"):
                break
            self.act_work(draw, fails=False)
            self.due_now()
        self.assertEqual((self.entries(LANE), self.entries("bulk"),
                          self.exists("retry")), ([], [], False))

    def acts(self):
        return (self.act_publish, self.act_work, self.act_work, self.due_now,
                self.act_renew)

    def note_state(self):
        state = self.cursor()
        state = (self.flag(), state and (
            state["mode"], *(part != "-" for part in state["parts"])))
        self.assertIn(state, STATES)
        self.states.add(state)

    def due_now(self, _=None):
        super().due_now()

    def act_publish(self, _):
        self.sent.append(self.publish())

    def act_append(self, _):
        """An event that has no page yet."""
        event = self.event()
        self.sent.append(event)
        self.unread.append(event)

    def act_begin(self, _):
        """The first page, of one subscription, of the next event."""
        if self.unread:
            self.open.append(self.unread.pop(0))
            self.assertEqual(self.post_page(self.open[-1], 1)[1], 0)

    def act_page(self, draw):
        """A further one of one of the open events."""
        if self.open:
            event = draw.choice(self.open)
            if self.post_page(event, 1)[1] == 1:
                self.open.remove(event)

    def act_renew(self, draw):
        if draw.random() < 0.3:
            self.renew(ordered=draw.random() < 0.5)

    def twice(self, draw, *words):
        """A call of settle whose answer may be lost."""
        self.settle(*words)
        if draw.random() < 0.3:
            self.assertEqual(
                self.unchanged_by(lambda: self.settle(*words)), 0)

    def cursor_twice(self, draw, word, entry, u, *rest):
        if word == "park":
            rest = "-", "-", 1, 0, "host"
        elif not rest:
            rest = "-", "-", 1, 0, 0, TD
        act = lambda: self.run_script("settle", "cursor", self.lane, entry,
                                      TD, CD, u, word, *rest)
        act()
        if draw.random() < 0.3:
            self.assertEqual(self.unchanged_by(act), 0)

    def act_work(self, draw, fails=True):
        """Deals with one entry as deliver does."""
        self.lane = draw.choice((LANE, "bulk"))
        got = self.read(self.lane, count=1)
        if not got:
            return
        (entry, fields), = got
        if b"f" in fields:
            self.work_cursor_job(draw, entry, fields[b"u"],
                           fails and draw.random() < self.FAILS_TURN)
        elif fields[b"c"] != CD.encode():
            self.settle("done", entry, fields[b"e"], 1)
        else:
            self.retried = ("retried", TD, CD, fields[b"e"]) \
                if b"n" in fields else ()
            self.work_job(draw, entry, fields[b"e"].decode(),
                          fails and draw.random() < self.FAILS_JOB)
            self.retried = ()

    def work_cursor_job(self, draw, entry, u, fails):
        said = self.next(entry, u)
        if not said or said[0] == "idle":
            return
        self.assertEqual(self.next(entry, u), said)
        if fails or said[0] == "wait":
            self.cursor_twice(
                draw, draw.choice(("retry", "suspend", "park")), entry, u)
        else:
            self.got.append(said[0])
            self.cursor_twice(draw, "done", entry, u, said[0], 1)

    def work_job(self, draw, entry, event, fails):
        if self.flag() in "fo" and draw.random() < 0.9:
            self.twice(draw, "miss", entry, event, CD, TD)
        elif fails and draw.random() < 0.5:
            self.twice(draw, "suspend", entry, event, CD, 0, 0, 0, TD)
        elif fails:
            self.twice(draw, "retry", entry, event, CD, 1, 0, 0, TD)
        else:
            self.got.append(event)
            self.twice(draw, "done", entry, event, 1)

    def settle(self, word, entry, *rest):
        return self.run_script("settle", "job", self.lane, entry,
                               *self.retried, word, *rest)

    def check_once(self):
        self.assertEqual(sorted(self.got), sorted(self.sent))
        self.assertEqual((self.missed(), self.pending(LANE)), ([], []))
        self.assertFalse(self.exists("refs"))
        self.assertEqual((self.gaps(), self.failing()), ([], {}))
        self.assertIn(self.flag(), "-o")
        self.note_state()


class Lives(LifeTest):
    def test_every_event_arrives_once(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                self.setUp()
                self.life(random.Random(seed))
                self.check_once()

    def test_ordered_from_its_beginning_all_come_in_order(self):
        for seed in range(20):
            with self.subTest(seed=seed):
                self.setUp()
                self.renew(ordered=True)
                self.act_renew = lambda _: None
                self.life(random.Random(seed))
                self.assertEqual(self.got, self.sent)


class FanOutLifeTest(LifeTest):
    """Lives with events of which one subscription is looked at at a time, and
    whose pages come in any order."""

    STEPS = 300
    FAILS_TURN, FAILS_JOB = 0.2, 0.3

    def acts(self):
        return (self.act_append, self.act_begin, self.act_page, self.act_page,
                *[self.act_work] * 6, self.due_now, self.act_renew)

    def setUp(self):
        super().setUp()
        self.subscribe(BEFORE, AFTER)


class InFanOuts(FanOutLifeTest):
    def lives(self, seeds):
        states = set()
        for seed in seeds:
            with self.subTest(seed=seed):
                self.setUp()
                self.life(random.Random(seed))
                self.check_once()
                states |= self.states
        return states

    def test_every_event_arrives_once(self):
        self.assertEqual(self.lives(range(40)), STATES)

    def test_without_renewals(self):
        self.act_renew = lambda _: None
        self.lives(range(100, 140))


class BrokenRules(FanOutLifeTest):
    """Such lives find out when a rule is broken."""

    # Scripts, what stands in them, and what is to stand there instead.
    RULES = (
        # Who has a cursor job.
        (("page", "begin"), "if not id_before(cursor.at, event) then",
         "if false then"),
        (("page",), "id_before(resume.id, event)", "false"),
        (("page",), "id_before(resume.id, event)", "true"),
        (("page",), "not id_before(backfill_end.id, event)", "false"),
        (("page",), "if cursor.mode == 'idle' then", "if false then"),
        # Which events are due.
        (("next_event",), "due = first_due(cursor.backfill_end)",
         "due = first_due()"),
        (("next_event",), "cursor.at = cursor.resume_after.id",
         "cursor.at = cursor.backfill_end.id"),
        (("next_event",), "if due and has_come(due[1]) then", "if due then"),
        (("next_event",), "not text_before(last, cd)",
         "text_before(last, cd)"),
        # When cursor mode may end.
        (("next_event",), "if due or sub and", "if sub and"),
        (("request",), "cursor and has_nothing_due(td, cursor)",
         "cursor and cursor.mode == 'idle'"),
        # What a change of state writes down.
        (("settle",), "set_flag(td_, cd_, 'c', 'f')", ""),
        (("settle",), "break_backfill(td_, cursor_)\n        set_cursor",
         "set_cursor"),
        (("settle", "request"), "cursor.resume_after = events_tail("
         "td, cursor.backfill_end.id)",
         "cursor.resume_after = cursor.backfill_end"),
        (("settle",),
         "cursor.backfill_end = events_tail(td, cursor.at)",
         "cursor.backfill_end = { id = cursor.at, n = cursor.n }"),
        (("request",), "elseif is_backfilling(cursor) then",
         "elseif false then"),
        (("request",), "is_backfilling(cursor) and 'c' or 'f'", "'f'"),
    )

    def is_found(self):
        for seed in range(40):
            self.setUp()
            try:
                self.life(random.Random(seed))
                self.check_once()
            except AssertionError:
                return True
        return False

    def test_each_is_found(self):
        for scripts, rule, broken in self.RULES:
            with self.subTest(rule=rule, scripts=scripts):
                whole = dict(self.texts)
                for name in scripts:
                    self.assertEqual(whole[name].count(rule), 1, name)
                    self.texts[name] = whole[name].replace(rule, broken)
                try:
                    self.assertTrue(self.is_found())
                finally:
                    self.texts.update(whole)


if __name__ == "__main__":
    unittest.main()
