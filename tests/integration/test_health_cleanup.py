"""How often something is mended, and who may switch that."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.cluster import Cluster
from support.health import HealthTest
from support.wait import wait_until

# What is dropped comes back: a consumer that holds something, of no process, is
# never removed.
STUBBORN = ("orphaned", "outbox", "drop-consumer")


class Cleanup(HealthTest):
    settings = {**HealthTest.settings, "shards": 1}

    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self.redis)

    def alerts(self):
        return [fields for kind, fields in self.cluster.events()
                if kind == "alert"]

    def plant_stubborn(self):
        """An entry that no deliver comes to, and a consumer that has it."""
        self.call("XADD", "verify", "*", "q", "x:y:s", "g", 1)
        wait_until(lambda: self.call("XLEN", "verify") == 0, "it is read")
        deliver = self.system.program("deliver")
        deliver.kill()
        self.system.presume_dead(deliver)
        self.call("XADD", "outbox", "*", "e", "1-1", "c", "x" * 22)
        self.redis.call("XREADGROUP", "GROUP", "deliver", "nobody", "STREAMS",
                        self.key("outbox"), ">")

    def attempts(self):
        flat = self.redis.call("HGETALL", "websub:{c}:health_attempts")
        return {thing: note.split(b" ") for thing, note in
                zip(flat[::2], flat[1::2])}[b"0\noutbox\nnobody"]

    def test_three_attempts_then_one_alert(self):
        self.plant_stubborn()
        self.check()
        wait_until(lambda: self.attempts()[4] == b"1", "it is given up")
        action, seen, made, last, _ = self.attempts()
        self.assertEqual((action, made), (b"drop-consumer", b"3"))
        self.assertGreaterEqual(int(last) - int(seen), 3 * 200)
        spreader = self.system.program("spreader")
        told = [a for a in self.alerts() if "drop-consumer" in a["w"]]
        self.assertEqual([(a["w"], a["s"]) for a in told],
                         [("orphaned drop-consumer outbox", "0")])
        wait_until(lambda: "health-alert" in spreader.log(), "it is logged")
        for _ in range(3):  # known, and told no more
            self.assertIn(STUBBORN, self.issues())
        self.assertEqual(len([a for a in self.alerts()
                              if "drop-consumer" in a["w"]]), 1)
        self.assertEqual(self.attempts()[2], b"3")

    def test_what_is_mended_by_itself_is_forgotten(self):
        self.plant_stubborn()
        self.check()
        wait_until(lambda: self.attempts()[4] == b"1", "it is given up")
        self.call("XGROUP DELCONSUMER", "outbox", "deliver", "nobody")
        self.system.start("deliver")
        self.check()
        self.wait_mended()

    def test_switched_off_nothing_is_mended_by_any_process(self):
        self.switch(False)
        self.call("HSET", "attempts:x", "y", "z")
        self.system.start("spreader")
        for _ in range(3):
            self.assertIn(("orphaned", "attempts:x", "drop-member"),
                          self.issues())
        coordinator = self.get("/admin/leader")["leader"]["instance"]
        first = next(p for p in self.system.programs
                     if p.name == "websub-spreader" and
                     self.cluster.record_of(p)["name"] == coordinator)
        first.terminate()
        wait_until(lambda: (self.get("/admin/leader")["leader"] or
                            {"instance": coordinator})["instance"] !=
                   coordinator, "another one leads")
        self.check()
        self.assertTrue(self.exists("attempts:x"))
        self.switch(True)
        self.check()
        wait_until(lambda: not self.exists("attempts:x"), "it is dropped")

    def test_the_setting_counts_until_it_is_switched(self):
        spreader = self.system.program("spreader")
        spreader.terminate()
        self.system.start("spreader", cleanup_enabled="no")
        self.call("HSET", "attempts:x", "y", "z")
        self.check()
        self.assertIn(("orphaned", "attempts:x", "drop-member"), self.issues())
        self.switch(True)
        self.check()
        wait_until(lambda: not self.exists("attempts:x"), "it is dropped")

    def test_one_thing_by_an_operator(self):
        self.switch(False)
        for cd in ("y", "z"):
            self.call("HSET", "attempts:x", cd, "-")
        self.check()
        target = {"shard": 0, "key": "attempts:x", "member": "y"}
        answer = self.send("POST", "/admin/health/cleanup",
                           {"action": "drop-member", "target": target})
        self.assertEqual((answer.status, json.loads(answer.body)),
                         (202, {"accepted": True}))
        wait_until(lambda: self.call("HKEYS", "attempts:x") == [b"z"],
                   "that one is dropped")
        wait_until(lambda: self.redis.call(
            "LLEN", "websub:{c}:health_items") == 0, "nothing waits")


class Takeover(HealthTest):
    settings = {**HealthTest.settings, "shards": 1}

    def test_the_next_coordinator_compares_and_mends(self):
        """And says so: replay-completed."""
        self.call("HSET", "attempts:x", "y", "z")
        first = self.system.program("spreader")
        first.terminate()
        second = self.system.start("spreader")
        wait_until(lambda: "replay-completed" in second.log(), "it says so")
        line = next(line for line in second.log().splitlines()
                    if "replay-completed" in line)
        self.assertIn("mended=1 issues=0", line)
        self.assertFalse(self.exists("attempts:x"))


if __name__ == "__main__":
    unittest.main()
