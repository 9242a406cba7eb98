"""Faults between the programs and Redis: the programs recover by themselves,
later events arrive, and nothing turns in circles."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.faults import ROLES, TOPIC, FaultTest
from support.wait import wait_until


class Way(FaultTest):
    def setUp(self):
        self.start_all(through_proxy=True, redis_timeout_ms=2000)

    def test_connections_break_in_the_middle_of_answers(self):
        self.check_works()
        for after_bytes in (1, 7, 64, 333, 1000, 2500):
            with self.subTest(after_bytes=after_bytes):
                self.proxy.cut_replies(after_bytes)
                known = self.proxy.accepted
                self.system.hub.push(TOPIC, b"cut %d" % after_bytes)
                wait_until(lambda: self.proxy.accepted > known,
                           "a connection broke and was built again")
                self.heal()
                self.check_works()

    def heal(self):
        """What was read and got lost on the way may be taken over."""
        self.proxy.heal()
        self.system.store.age_claimed()

    def test_answers_stay_away(self):
        known = self.proxy.accepted
        self.proxy.silence()
        self.system.hub.push(TOPIC, b"silent")
        wait_until(lambda: self.proxy.accepted >= known + len(ROLES),
                   "the programs tried again")
        self.heal()
        self.check_works()

    def test_redis_loads_its_data(self):
        self.proxy.loading()
        wait_until(lambda: self.system.hub.push(TOPIC, b"x").status == 503,
                   "the hub knows")
        self.check_calm()
        self.proxy.heal()
        self.check_works()

    def test_redis_loads_its_data_when_it_is_given_a_script(self):
        """The link breaks: no reply is taken for that to another command."""
        self.check_works()
        known = self.proxy.accepted
        self.proxy.load_meets_loading()
        self.system.redis.call("SCRIPT", "FLUSH")
        wait_until(lambda: self.proxy.accepted > known, "a link broke")
        self.check_works()


if __name__ == "__main__":
    unittest.main()
