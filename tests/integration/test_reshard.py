"""The data move to another number of shards: everything arrives, whatever dies
meanwhile."""

import os
import random
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import programs
from support.health import HealthTest
from support.httpd import Answer
from support.keys import Store, digest
from support.layout import Picture
from support.puller import Puller
from support.system import FAST
from support.wait import wait_until

URLS = [f"http://publisher.example/{n}" for n in range(6)]
DOTTED = ["orders", "orders.created", "orders.created.eu", "users.a",
          "users.b", "x", "y.z"]
TOPICS = URLS + DOTTED


class ReshardTest(HealthTest):
    settings = {**HealthTest.settings, "shards": 4, "suspend_after": 3,
                "max_attempts": 3, "retry_base_ms": 600000,
                "retry_cap_ms": 600000, "probe_cap_ms": 600000,
                "heartbeat_timeout_ms": 2000}

    def setUp(self):
        super().setUp()
        self.subscriber = self.system.subscriber()
        self.callbacks = {}
        self.pushed = 0

    def subscribe(self, topic, name, ordered=False, answer=None):
        callback = self.subscriber.callback(f"/{name}-{TOPIC_NAMES[topic]}")
        if answer:
            callback.default = answer
        extra = [("hub.websubd.ordered", "true")] if ordered else ()
        self.system.activate(topic, callback, extra=extra)
        self.callbacks[topic, name] = callback
        return callback

    def push_all(self):
        self.pushed += 1
        for topic in TOPICS:
            self.system.push(topic, f"{topic} {self.pushed}".encode())

    def stop(self, role):
        program = self.system.program(role)
        program.stop()
        self.system.programs.remove(program)

    def settings_of_mover(self):
        return {**FAST, **self.settings,
                "redis_url": self.redis.url_of("hub")}

    def reshard(self, shards, code=0):
        done = programs.run("websub-hub", "--reshard", str(shards),
                            settings=self.settings_of_mover())
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def picture(self, shards):
        return Picture(self.redis, shards)

    def compare(self, before, after):
        for part in ("subscriptions", "due", "jobs", "verifications",
                     "requests", "dead", "events", "fetches", "pulls",
                     "suspended", "counts", "attempts"):
            self.assertEqual(getattr(before, part), getattr(after, part),
                             part)


TOPIC_NAMES = {topic: f"t{n}" for n, topic in enumerate(TOPICS + ["*"])}


class Offline(ReshardTest):
    def make(self):
        """Work of all kinds, and nobody who does it."""
        for topic in TOPICS:
            self.subscribe(topic, "good")
        self.subscribe("*", "good")
        self.subscribe("*", "ordered", ordered=True)
        self.subscribe(URLS[0], "ordered", ordered=True)
        self.subscribe("orders", "ordered", ordered=True)
        for topic in (URLS[1], "orders.created", "*"):
            self.subscribe(topic, "bad", answer=500)
        Puller(self.hub, "all").add(ttl=86400)
        Puller(self.hub, "some").add(topics=[URLS[0], URLS[3], "users"],
                                     ack="explicit", ttl=86400)
        Puller(self.hub, "dotted").add(topics=["*"], ttl=86400)
        for _ in range(4):
            self.push_all()
        for (topic, name), callback in self.callbacks.items():
            if name == "bad":
                wait_until(lambda t=topic, c=callback: self.is_suspended(t, c),
                           f"{topic} is suspended")
        wait_until(lambda: all(
            len(callback.deliveries) >= 4
            for (_, name), callback in self.callbacks.items()
            if name != "bad"), "all is delivered")
        self.stop("deliver")
        self.push_all()
        self.wait_fanned_out()
        self.waiting = self.subscriber.callback("/waiting")
        self.system.request(URLS[2], self.waiting)
        self.system.request("a.new.one", self.waiting)
        self.system.announce("http://127.0.0.1:9/nobody",
                             "http://127.0.0.1:9/else")
        self.stop("spreader")
        self.stop("hub")

    def wait_fanned_out(self):
        wait_until(self.system.store.fanned_out, "all is fanned out")

    def is_suspended(self, topic, callback):
        td = digest(topic)
        return any(self.redis.call("ZSCORE", base + "suspended",
                                   f"{td}:{digest(callback.url)}")
                   for base in self.system.store.bases())

    def start_all(self, shards):
        self.system.store = Store(self.redis, shards)
        for role in ("hub", "spreader", "deliver"):
            self.system.start(role)

    def test_everything_arrives(self):
        self.make()
        before = self.picture(4)
        self.assertTrue(before.jobs and before.due and before.requests)
        layout = 4
        for shards in (7, 2, 4):
            with self.subTest(shards=shards):
                self.assertIn("percent=100", self.reshard(shards))
                self.compare(before, self.picture(shards))
        self.start_all(4)
        for callback in self.callbacks.values():
            callback.default = 200
        self.system.make_due()
        for (topic, name), callback in self.callbacks.items():
            due = {f"{t} {n}".encode() for t in TOPICS for n in range(1, 6)
                   if t == topic or ":" not in t and (
                       topic == "*" or t.startswith(topic + "."))}
            wait_until(lambda c=callback, d=due: d <= set(c.bodies()),
                       f"{topic} {name} gets all")
        self.system.wait_active(URLS[2], self.waiting)
        self.system.wait_active("a.new.one", self.waiting)
        report = self.check()
        self.assertEqual(self.issues(report), set(), report)


    def mover(self, shards):
        return programs.Program("websub-hub", self.settings_of_mover(),
                                flags=("--reshard", str(shards)))

    def kill_in(self, state, right, shards):
        """The mover is killed in that state, which it does not leave without a
        right that it lacks."""
        self.redis.call("ACL", "SETUSER", "websub-hub", "-" + right)
        mover = self.mover(shards)
        wait_until(lambda: self.state() == state and
                   mover.events("reshard-waits"), f"it is {state}")
        mover.kill(-signal.SIGKILL)
        self.redis.call("ACL", "SETUSER", "websub-hub", "+" + right)
        self.redis.call("ACL", "LOG", "RESET")
        self.presume_dead()

    def presume_dead(self):
        """The mover, as when it has told nothing for a while."""
        self.redis.call("HSET", "websub:{c}:reshard", "until", 0)

    def state(self):
        return (self.redis.call("HGET", "websub:{c}:reshard", "state")
                or b"").decode()

    def check_moved(self, before, shards):
        self.compare(before, self.picture(shards))
        self.assertEqual(self.state(), "done")
        self.assertEqual(self.redis.call("KEYS", "*new-*"), [])
        self.assertEqual(self.redis.call("HKEYS", "websub:meta").count(
            b"moving"), 0)

    def test_a_mover_that_is_killed_is_followed(self):
        self.make()
        before = self.picture(4)
        for state, right, shards in (("dropping", "unlink", 3),
                                     ("renaming", "rename", 4)):
            self.kill_in(state, right, shards)
            self.reshard(shards)
            self.check_moved(before, shards)

    def test_a_mover_that_is_killed_at_any_time_is_followed(self):
        self.make()
        before = self.picture(4)
        seed = int(os.environ.get("WEBSUBD_SEED", random.randrange(10 ** 6)))
        draw = random.Random(seed)
        with self.subTest(seed=seed):
            for shards in (3, 4):
                mover = self.mover(shards)
                mover.wait_event("ready")
                time.sleep(draw.random() * 0.05)
                mover.send_signal(signal.SIGKILL)
                mover.wait_exit((-signal.SIGKILL, 0))
                if self.state() != "done" or self.redis.call(
                        "HEXISTS", "websub:meta", "moving"):
                    self.presume_dead()
                    self.reshard(shards)
                self.check_moved(before, shards)

    def test_it_refuses_what_it_can_not_move(self):
        self.make()
        before = self.picture(4)
        self.redis.call("SET", "websub:{1}:strange", "x")
        said = self.reshard(3, code=1)
        self.assertIn("strange can not be moved: nobody here knows this key",
                      said)
        self.redis.call("DEL", "websub:{1}:strange")
        self.assertEqual(self.state(), "failed")
        self.compare(before, self.picture(4))
        self.assertEqual(self.redis.call("KEYS", "*new-*"), [])
        for text in ("0", "1025", "many", "4"):
            self.reshard(text, code=1)

    def test_it_refuses_while_a_program_runs(self):
        self.assertIn("runs: stop all programs first",
                      self.reshard(3, code=1))
        self.assertIsNone(self.redis.call("HGET", "websub:meta", "moving"))
        self.system.activate(URLS[0], self.subscriber.callback("/cb"))


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

    def wait_served(self, callbacks):
        """A new event reaches each of them."""
        for topic, callback in callbacks.items():
            body = f"new {topic} {self.pushed}".encode()

            def accepted(t=topic, b=body):
                self.find_hub()
                try:
                    return self.hub.push(t, b).status == 202
                except OSError:
                    return False
            wait_until(accepted, "the hub takes an event")
            wait_until(lambda c=callback, b=body: b in c.bodies(),
                       f"{topic} gets it")

    def test_an_order_while_all_run(self):
        self.system.start("deliver", instance_name="deliver-two")
        self.system.start("spreader", instance_name="spreader-two")
        callbacks = {topic: self.subscribe(topic, "good")
                     for topic in TOPICS}
        bad = self.subscribe(URLS[1], "bad", answer=500)
        for _ in range(3):
            self.push_all()
        answer = self.order(7)
        self.assertEqual(answer.status, 202, answer)
        wait_until(lambda: self.order(9).status == 409, "one order stands")
        self.wait_done(7)
        self.wait_served(callbacks)
        bad.default = 200
        due = {f"{URLS[1]} {n}".encode() for n in (1, 2, 3)}
        wait_until(lambda: due <= set(bad.bodies()), "all arrives")
        for topic, callback in callbacks.items():
            due = {f"{topic} {n}".encode() for n in (1, 2, 3)}
            wait_until(lambda c=callback, d=due: d <= set(c.bodies()),
                       "all arrives")
        done = self.progress()
        self.assertEqual((done["from"], done["to"], done["percent"],
                          done["why"]), (4, 7, 100, ""))
        self.assertLessEqual(done["began_ms"], done["ended_ms"])
        self.assertEqual(self.get("/admin/shards", limit=50)["shards"][-1][
            "shard"], 6)
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
