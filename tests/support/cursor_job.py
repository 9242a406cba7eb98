"""A worker of cursor jobs, as far as the scripts are concerned: it
claims entries, asks `next_event` for events and settles, one call at a time."""

from support.scripts import CALLBACK, CD, TD, TOPIC, ScriptTest

PROBE_MS = 60000
LANE = "outbox"
NO_PARTS = ["-", "-"]


class CursorTest(ScriptTest):
    """A test case with one active subscription to one topic."""

    flags = "-"

    def setUp(self):
        super().setUp()
        self.subscription(flags=self.flags)
        self.call("HSET", f"topic:{TD}", "t", TOPIC)

    def publish(self, event_id="*", **page):
        """An event that is fanned out to the end; returns its id."""
        event = self.event(event_id)
        self.finish(event, **page)
        return event

    def finish(self, event, **page):
        """The pages of an event up to its end."""
        result = 0
        while result != 1:
            result = self.post_page(event, **page)[1]
            self.assertIn(result, (0, 1))

    def claim(self):
        """The one entry that waits in the outbox: its id and fields, as
        text."""
        (entry, fields), = self.read(LANE)
        return entry, {k.decode(): v.decode() for k, v in fields.items()}

    def settle(self, word, entry, *rest):
        """Settles an entry that is a job."""
        return self.run_script("settle", "job", LANE, entry, word, *rest)

    def settle_cursor(self, word, entry, u, *rest):
        """Settles an entry that is a cursor job."""
        return self.run_script("settle", "cursor", LANE, entry, TD, CD, u,
                               word, *rest)

    def suspend(self, entry, event, cd=CD):
        return self.settle("suspend", entry, event, cd, 0, 0, PROBE_MS, TD)

    def miss(self, entry, event, cd=CD):
        return self.settle("miss", entry, event, cd, TD)

    def retry(self, entry, event, cd=CD, td=TD, delay_ms=PROBE_MS):
        return self.settle("retry", entry, event, cd, 1, 0, delay_ms, td)

    def retried(self, event, word, entry, *rest):
        """Settles a job that came from `retry`."""
        return self.run_script("settle", "job", LANE, entry, "retried", TD,
                               CD, event, word, *rest)

    def cursor_done(self, entry, u, event, count=1):
        return self.settle_cursor("done", entry, u, event, count)

    def cursor_retry(self, entry, u, n=1, k=0, delay_ms=0, word="retry"):
        return self.settle_cursor(word, entry, u, "1-1", CD, n, k, delay_ms,
                                  TD)

    def cursor_suspend(self, *args, **options):
        return self.cursor_retry(*args, word="suspend", **options)

    def cursor_dead(self, entry, u, event):
        return self.settle_cursor("dead", entry, u, event, CD, 8, TOPIC,
                                  CALLBACK, "why")

    def next(self, entry, u):
        return [word.decode() for word in
                self.run_script("next_event", TD, CD, u, LANE, entry)]

    def due_now(self):
        """The time of everything in `retry` has come."""
        for member in self.call("ZRANGE", "retry", 0, -1):
            self.call("ZADD", "retry", 1, member)
        self.promote()

    def cursor_job(self):
        """Claims the cursor job that waits: its entry, its number and
        what `next_event` says."""
        entry, fields = self.claim()
        self.assertEqual((fields["f"], fields["c"]), (TD, CD))
        return entry, fields["u"], self.next(entry, fields["u"])

    def suspended_now(self):
        """A subscription that was suspended by its first event; its probe
        waits in `retry`.  Returns that event."""
        event = self.publish()
        entry, _ = self.claim()
        self.assertEqual(self.suspend(entry, event), 1)
        return event

    def catch_up(self):
        """Delivers event by event until nothing is due; returns the events and
        what `next` said last."""
        got = []
        while True:
            entry, u, said = self.cursor_job()
            if not said or said[0] == "idle":
                return got, said
            self.assertEqual(self.cursor_done(entry, u, said[0]), 1)
            got.append(said[0])

    def deliver(self):
        """Delivers the one cursor job among the entries that wait; returns the
        event, or "idle"."""
        (entry, fields), = [each for each in self.read(LANE, 1000)
                            if b"f" in each[1]]
        said = self.next(entry, fields[b"u"])
        if said[0] != "idle":
            self.assertEqual(self.cursor_done(entry, fields[b"u"], said[0]), 1)
        return said[0]

    def deliver_all(self):
        got = []
        while (event := self.deliver()) != "idle":
            got.append(event)
        return got

    def cursor(self, cd=CD):
        """The fields of the subscription's entry, or None."""
        text = self.call("HGET", f"cursor:{TD}", cd)
        if text is None:
            return None
        u, mode, cursor, n, since, *parts = text.decode().split(" ")
        self.assertLessEqual(int(since), self.now_ms())
        return {"u": int(u), "mode": mode, "cursor": cursor, "n": int(n),
                "parts": parts}

    def missed(self, cd=CD):
        found = [member.decode().split("-") for member in
                 self.call("ZRANGE", f"missed:{TD}:{cd}", 0, -1)]
        return [f"{int(ms)}-{int(seq)}" for ms, seq in found]

    def failing(self, cd=CD):
        """The jobs in `retry`, by event."""
        return {event.decode(): member.decode() for event, member in
                self.hash(f"failing:{TD}:{cd}").items()}

    def flag(self, cd=CD):
        return self.read_record(cd).decode().split(" ")[4]

    def is_suspended(self, cd=CD):
        return self.call("ZSCORE", "suspended", f"{TD}:{cd}") is not None

    def gaps(self):
        return [tuple(fields[name].decode()
                      for name in (b"td", b"cd", b"from", b"to", b"n"))
                for _, fields in self.entries("gaps")]

    def forget_index(self, *events):
        """Events leave the index, as by retention."""
        self.call("XDEL", f"events:{TD}", *events)

    def end_subscription(self):
        """An unsubscription that was confirmed."""
        self.request_script("u", how="trust")

    def renew(self, ordered, lease_s=3600):
        """A subscription request that was confirmed."""
        generation, _ = self.request_script(
            lease=lease_s, how="trust", ordered=int(ordered))
        self.assertGreater(generation, 0)

    def check_normal(self):
        """Nothing of cursor mode is left."""
        self.assertIsNone(self.cursor())
        self.assertFalse(self.is_suspended())
        self.assertEqual(self.missed(), [])
        self.assertEqual(self.pending(LANE), [])
        self.assertFalse(self.exists("retry"))
        self.assertFalse(self.exists("refs"))
