"""Claimed bundles of a lane, and the words of `settle` and `split` that are
about them."""

from support.scripts import CALLBACK, TD, TOPIC, ScriptTest, targets

FULL = 16  # jobs
LANE = "outbox"


def numbered(count, first=""):
    """CDs in their order."""
    return [f"{first}{n:0{22 - len(first)}d}" for n in range(count)]


def mask(positions):
    """The mask of some positions from 1, as in "2,5,16"; `-` stays."""
    return positions if positions == "-" else sum(
        1 << int(position) - 1 for position in positions.split(","))


def positions(left):
    """The reverse."""
    return ",".join(str(at + 1) for at in range(FULL) if int(left) >> at & 1)


class BundleTest(ScriptTest):
    def opened(self, count):
        """An event of a topic with `count` subscriptions."""
        self.cds = numbered(count)
        self.subscribe(*self.cds)
        self.event_id = self.event()

    def finish(self, size=500):
        while self.post_page(self.event_id, size)[1] == 0:
            pass

    def bundle(self, count=FULL, lane=LANE):
        """A claimed bundle."""
        self.opened(count)
        self.finish()
        self.lane = lane
        if lane != LANE:
            self.call("XADD", lane, "*", *(
                word for pair in self.entries(LANE)[0][1].items()
                for word in pair))
            self.call("DEL", LANE)
            self.run_script("groups")
        (self.entry_id, fields), = self.read(lane)
        self.assertEqual(targets(fields), self.cds)

    def sizes(self, lane):
        return [len(targets(fields)) for _, fields in self.entries(lane)]

    def part(self, before, left, *words):
        """`before` and `left`: positions from 1 that are not settled."""
        return self.run_script("settle", "part", self.lane, self.entry_id,
                               mask(before), mask(left), *words)

    def rest(self, before, *words):
        return self.run_script("settle", "rest", self.lane, self.entry_id,
                               mask(before), *words)

    def whole(self, *words):
        return self.rest("-", *words)

    def split(self, *entries):
        words = [word for entry in entries or [self.entry_id]
                 for word in (self.lane, entry)]
        return self.run_script("split", *words)

    def done(self, count):
        return "done", self.event_id, count

    def retry(self, position):
        """The first failure of a job, named by its position from 1."""
        return ("retry", self.event_id, self.cds[position - 1], 1, 0, 60000,
                TD)

    def dead(self, position):
        return ("dead", self.event_id, self.cds[position - 1], 8, TOPIC,
                CALLBACK, "why")

    def refs(self):
        return int(self.hash("refs").get(self.event_id.encode(), 0))

    def parts(self):
        return {field.decode(): positions(left)
                for field, left in self.hash("parts").items()}

    def in_retry(self):
        return [member.decode() for member in self.call("ZRANGE", "retry", 0,
                                                        -1)]

    def settled_twice(self, count, act, *args):
        """A call of settle whose answer was lost."""
        self.assertEqual(act(*args), count)
        self.assertEqual(self.unchanged_by(lambda: act(*args)), 0)

    def check_empty(self):
        """Nothing is left of the event's jobs."""
        self.assertEqual(self.pending(LANE) + self.pending("bulk"), [])
        self.assertEqual(self.posted(), [])
        for key in ("refs", "retry", "parts"):
            self.assertFalse(self.exists(key), key)
