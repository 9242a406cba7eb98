"""Cluster events: from where a process reads them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.scripts import ScriptTest


class Position(ScriptTest):
    def tell(self, count=1):
        """Adds events; returns the last one's id."""
        for _ in range(count):
            last = self.call("XADD", "events", "*", "v", 1, "k", "alert")
        return last.decode()

    def keep(self, count):
        self.call("XTRIM", "events", "MAXLEN", count)

    def look(self, position="", name="me"):
        place, n, missed = self.run_script("event_position", "events", name,
                                           position)
        return place.decode(), int(n), missed

    def save(self, position, name="me"):
        self.call("HSET", "positions", name, position)

    def test_a_first_process_begins_at_the_end(self):
        self.assertEqual(self.look(), ("0-0", 0, 0))
        last = self.tell(3)
        self.assertEqual(self.unchanged_by(self.look), (last, 3, 0))

    def test_a_restarted_process_reads_on(self):
        first = self.tell()
        self.tell(2)
        self.save(f"{first} 1")
        self.assertEqual(self.unchanged_by(self.look), (first, 1, 0))
        self.assertEqual(self.look(name="other")[1], 3)

    def test_what_the_process_knows_counts_more_than_what_was_saved(self):
        first = self.tell()
        second = self.tell()
        self.save(f"{first} 1")
        self.assertEqual(self.look(f"{second} 2"), (second, 2, 0))

    def test_events_that_were_trimmed_are_counted(self):
        first = self.tell()
        self.tell(9)
        self.keep(4)
        self.assertEqual(self.look(f"{first} 1"), (first, 6, 5))
        self.assertEqual(self.look(f"{first} 6"), (first, 6, 0))

    def test_trimming_what_was_read_is_no_loss(self):
        self.tell(5)
        sixth = self.tell()
        self.tell(2)
        self.keep(3)
        self.assertEqual(self.look(f"{sixth} 6"), (sixth, 6, 0))

    def test_a_stream_that_is_gone_is_read_from_its_start(self):
        last = self.tell(3)
        self.call("DEL", "events")
        self.assertEqual(self.look(f"{last} 3"), ("0-0", 0, 0))
        self.tell()
        self.assertEqual(self.look(f"{last} 3"), ("0-0", 0, 0))

    def test_so_is_one_that_ends_before_the_position(self):
        self.tell(3)
        self.assertEqual(self.look("9999999999999-0 3"), ("0-0", 0, 0))
        self.keep(1)
        self.assertEqual(self.look("9999999999999-0 3"), ("0-0", 2, 2))

    def test_a_position_that_is_none_counts_as_none(self):
        last = self.tell(3)
        for text in ("", "x", "1-1", "1-1 x", "1 1"):
            self.save(text)
            self.assertEqual(self.look(), (last, 3, 0), text)

    def test_many_old_positions_are_dropped(self):
        now = self.now_ms()
        for i in range(1001):
            self.save(f"{now - 86400001}-0 1", f"old-{i}")
        self.save(f"{now - 80000000}-0 1", "young")
        self.save("x", "broken")
        self.look(name="new")
        self.assertEqual(list(self.hash("positions")), [b"young"])


if __name__ == "__main__":
    unittest.main()
