"""An order to move the data to another number of shards, while all programs run."""

import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import Store
from support.reshard import TOPICS, URLS, ReshardTest
from support.wait import wait_until


class Online(ReshardTest):
    settings = {**ReshardTest.settings, "retry_base_ms": 50,
                "retry_cap_ms": 500, "probe_cap_ms": 500,
                "max_attempts": 1000}

    def order(self, shards):
        return self.send("POST", "/admin/reshard", {"shards": shards})

    def progress(self):
        return self.get("/admin/reshard")

    def find_hub(self):
        """A hub on port 0 that restarts listens elsewhere."""
        self.hub.address = self.system.program("hub").events("listening")[-1][
            "address"]

    def wait_done(self, shards):
        def done():
            self.find_hub()
            try:
                answer = self.ask("/admin/reshard")
            except OSError:  # it restarts
                return None
            return answer.status == 200 and \
                b'"state":"done"' in answer.body.replace(b": ", b":")
        wait_until(done, "it is done")
        self.system.store = Store(self.redis, shards)

    def callbacks_of(self, topics):
        for topic in topics:
            self.subscribe(topic, "good")

    def accepted(self, topic, body):
        self.find_hub()
        try:
            return self.hub.push(topic, body).status == 202
        except OSError:  # it restarts
            return False

    def wait_served(self):
        """All that was pushed, and a new event, reach those who work."""
        for (topic, name), callback in self.callbacks.items():
            body = f"new {topic} {name}".encode()
            wait_until(lambda t=topic, b=body: self.accepted(t, b),
                       "the hub takes an event")
            due = {body, *(f"{topic} {n + 1}".encode()
                           for n in range(self.pushed))}
            wait_until(lambda c=callback, d=due: d <= set(c.bodies()),
                       f"{topic} gets all")

    def test_an_order_that_nobody_stays_away_for_goes_on_when_asked_again(self):
        """As when a mover that found no order takes `draining` back behind a
        new one."""
        self.callbacks_of(TOPICS[:2])
        self.push_all()
        self.redis.call("HSET", "websub:{c}:reshard", "v", 1, "state",
                        "draining", "from", 4, "to", 7, "keys", 0, "of", 0,
                        "began", 1, "ended", 0, "why", "", "epoch", 0)
        self.assertEqual(self.order(9).status, 409)
        self.wait_done(7)
        self.wait_served()

    def test_an_order_while_all_run(self):
        self.system.start("deliver", instance_name="deliver-two")
        self.system.start("spreader", instance_name="spreader-two")
        self.callbacks_of(TOPICS)
        bad = self.subscribe(URLS[1], "bad", answer=500)
        for _ in range(3):
            self.push_all()
        answer = self.order(7)
        self.assertEqual(answer.status, 202, answer)
        wait_until(lambda: self.order(9).status == 409, "one order stands")
        self.wait_done(7)
        bad.default = 200
        self.wait_served()
        done = self.progress()
        self.assertEqual((done["from"], done["to"], done["percent"],
                          done["why"]), (4, 7, 100, ""))
        self.assertLessEqual(done["began_ms"], done["ended_ms"])
        self.assertEqual(self.get("/admin/shards", limit=50)["shards"][-1][
            "shard"], 6)
        self.system.wait_idle()
        self.assertEqual(self.issues(), set())

    def test_the_mover_is_killed(self):
        self.callbacks_of(TOPICS)
        self.push_all()
        other = self.system.start("hub", listen="127.0.0.1:0",
                                  instance_name="hub-two")
        first = self.system.programs[0]
        self.assertEqual(self.order(3).status, 202)
        first.wait_event("reshard")
        first.kill(-signal.SIGKILL)
        self.system.programs.remove(first)
        other.wait_event("reshard")
        self.wait_done(3)
        self.wait_served()

    def test_a_move_that_fails_changes_nothing(self):
        self.callbacks_of(TOPICS)
        self.push_all()
        self.redis.call("SET", "websub:{1}:strange", "x")
        self.assertEqual(self.order(3).status, 202)
        wait_until(lambda: self.state() == "failed", "it has failed")
        self.wait_served()
        self.assertIn("strange can not be moved", self.progress()["why"])
        self.redis.call("DEL", "websub:{1}:strange")
        self.system.wait_idle()
        self.assertEqual(self.issues(), set())

    def test_what_is_wrong_with_an_order(self):
        for body in ({}, {"shards": 0}, {"shards": 1025}, {"shards": "7"},
                     {"shards": 4}, {"shards": 7, "x": 1}, b"{", b"[]"):
            answer = self.send("POST", "/admin/reshard", body)
            self.assertEqual(answer.status, 400, (body, answer))
        self.assertEqual(self.send("POST", "/admin/reshard", {"shards": 7},
                                   token=None).status, 401)
        self.assertEqual(self.progress()["state"], "none")


if __name__ == "__main__":
    unittest.main()
