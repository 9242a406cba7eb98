"""An alert is one episode, whoever is the coordinator; and which processes that
died are one."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.admin import TOPIC
from support.alerts import AlertsTest
from support.cluster import Cluster
from support.wait import wait_until


class Died(AlertsTest):
    def name_of(self, program):
        return program.wait_event("started")["instance"]

    def start(self, role):
        """One more, which was heard of after all others had registered."""
        program = self.system.start(role, listen="127.0.0.1:0")
        program.wait_event("registered")
        return program

    def wait_heard(self, *programs):
        """They are heard of after all that live have registered."""
        cluster = Cluster(self.redis)
        last = max(record["incarnation"]
                   for record in cluster.records().values())
        for program in programs:
            record = cluster.record_of(program)
            wait_until(lambda r=record: cluster.heartbeats(r["role"])[
                r["name"]] > last, "it is heard of")

    def wait_removed(self, name):
        wait_until(lambda: any(kind == "instance_removed" and
                               fields["n"] == name for kind, fields in
                               Cluster(self.redis).events()),
                   f"{name} is removed")

    def test_one_that_is_replaced_before_it_is_missed_is_no_alert(self):
        dead = self.start("deliver")
        self.wait_heard(dead)
        dead.kill()
        self.start("deliver")
        self.wait_removed(self.name_of(dead))
        self.survey()
        self.assertEqual(self.notices("instance-failed"), [])

    def test_one_of_two_that_died_is_replaced(self):
        dead = [self.start("deliver") for _ in range(2)]
        self.wait_heard(*dead)
        for program in dead:
            program.kill()
        for program in dead:
            self.wait_active("instance-failed", self.name_of(program))

        def failed():
            return [subject for kind, subject in self.active()
                    if kind == "instance-failed"]
        self.start("deliver")
        wait_until(lambda: len(failed()) == 1, "one is over")
        self.survey()
        self.assertEqual(len(failed()), 1)
        self.start("deliver")
        for program in dead:
            self.wait_over("instance-failed", self.name_of(program))

    def test_one_that_is_stopped_is_no_alert(self):
        stopped = self.start("deliver")
        self.wait_heard(stopped)
        stopped.stop()
        self.survey()
        self.assertEqual(self.notices("instance-failed"), [])

    def test_the_coordinator_itself(self):
        first = self.system.program("spreader")
        first.wait_event("coordinator")
        self.start("spreader")
        self.wait_heard(first)
        first.kill()
        self.wait_active("instance-failed", self.name_of(first))
        self.start("spreader")
        self.wait_over("instance-failed", self.name_of(first))

    def test_it_lasts_when_the_coordinator_is_another_one(self):
        dead = self.start("deliver")
        self.wait_heard(dead)
        dead.kill()
        self.wait_active("instance-failed", self.name_of(dead))
        self.system.program("spreader").stop()
        self.start("spreader").wait_event("coordinator")
        self.survey()
        self.assertEqual(self.notices("instance-failed"),
                         [("raised", self.name_of(dead))])
        self.start("deliver")
        self.wait_over("instance-failed", self.name_of(dead))


class InDoubt(AlertsTest):
    settings = {"shard_lease_ms": 1000}

    def setUp(self):
        super().setUp()
        self.first = self.system.program("spreader")
        self.first.wait_event("coordinator")
        self.second = self.system.start("spreader")

    def test_one_that_is_the_coordinator_no_more_tells_that_it_thought_so(self):
        self.addCleanup(self.first.thaw)
        self.first.freeze()
        self.second.wait_event("coordinator")
        self.first.thaw()
        self.first.wait_event("leader-mismatch")
        self.wait_active("leader-mismatch")

    def test_two_that_found_nobody_tell_it_once(self):
        self.redis.freeze()
        for spreader in (self.first, self.second):
            spreader.wait_event("leader-mismatch")
        self.redis.thaw()
        wait_until(lambda: self.ask("/admin/alerts").status == 200,
                   "the hub reaches Redis")
        self.wait_active("leader-mismatch")
        leader = max((self.first, self.second), key=lambda spreader:
                     spreader.metric("websubd_coordinator"))
        leader.stop()
        self.survey()
        self.assertEqual(self.notices("leader-mismatch"), [("raised", "")])


class DeadLetters(AlertsTest):
    def letter(self):
        self.redis.call("XADD", "websub:{0}:dead", "*", "v", 1, "e", "1-1",
                        "t", TOPIC, "c", "x", "cb", "http://a.example/", "n",
                        1, "why", "status 500")

    def change_coordinator(self, meanwhile=lambda: None):
        self.system.program("spreader").stop()
        meanwhile()
        self.system.start("spreader").wait_event("coordinator")

    def test_those_that_come_while_there_is_no_coordinator(self):
        self.survey()
        self.change_coordinator(self.letter)
        self.wait_active("dead-letters")

    def test_the_alert_lasts_when_the_coordinator_is_another_one(self):
        self.survey()
        self.letter()
        self.wait_active("dead-letters")
        self.change_coordinator()
        self.survey()
        self.assertEqual(self.notices("dead-letters"), [("raised", "")])


class Owners(AlertsTest):
    """Shards whose owner stands still and is not missed yet are nobody's: the
    others have their share."""

    settings = {"shards": 6, "shard_lease_ms": 1000,
                "heartbeat_timeout_ms": 60000}

    def owned(self, spreader):
        return spreader.metric("websubd_shards_owned")

    def test_shards_that_nobody_owns(self):
        first = self.system.program("spreader")
        first.wait_event("coordinator")
        still, last = (self.system.start("spreader") for _ in range(2))
        for spreader in (first, still, last):
            wait_until(lambda s=spreader: self.owned(s) == 2, "two shards each")
        self.addCleanup(still.thaw)
        still.freeze()
        self.wait_active("shard-without-owner")
        first.stop()
        last.wait_event("coordinator")
        self.survey()
        self.assertEqual(self.notices("shard-without-owner"),
                         [("raised", "")])
        still.thaw()
        self.wait_over("shard-without-owner")


if __name__ == "__main__":
    unittest.main()
