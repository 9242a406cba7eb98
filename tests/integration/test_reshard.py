"""The data move to another number of shards while nobody works: everything arrives,
whatever dies meanwhile."""

import os
import random
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import programs
from support.keys import Store, digest
from support.proxy import Proxy
from support.puller import Puller
from support.reshard import TOPICS, URLS, ReshardTest
from support.wait import wait_until


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
        for topic in (URLS[2], "orders.created", "*"):
            self.pause(topic, self.subscribe(topic, "paused"))
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

    def pause(self, topic, callback, order="pause"):
        answer = self.send("POST", f"/admin/subscriptions/{order}",
                           {"topic": topic, "callback": callback.url})
        self.assertEqual(answer.status, 200, answer)

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
        for (topic, name), callback in self.callbacks.items():
            if name == "paused":
                self.assertEqual(callback.bodies(), [])
                self.pause(topic, callback, "resume")
        self.system.make_due()
        for (topic, name), callback in self.callbacks.items():
            first = 5 if name == "paused" else 1
            due = {f"{t} {n}".encode() for t in TOPICS for n in range(first, 6)
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

    def test_links_that_break_do_no_harm(self):
        self.make()
        before = self.picture(4)
        mover = self.mover(3)
        mover.wait_event("ready")
        for _ in range(3):
            self.redis.call("CLIENT", "KILL", "TYPE", "normal")
            wait_until(lambda n=len(mover.events("ready")): not mover.running
                       or len(mover.events("ready")) > n, "it is back")
            time.sleep(0.005)
        mover.wait_exit(0)
        self.check_moved(before, 3)

    def test_a_reply_that_is_lost_does_no_harm(self):
        """Each of the last ones, with which the layout changes, and some before."""
        self.make()
        before = self.picture(4)
        proxy = Proxy(self.redis)
        self.addCleanup(proxy.close)
        answered, lost = {}, 0
        for shards in (8, 4, 8, 4):  # at first scripts are loaded
            known = proxy.answered
            self.reshard(shards, redis_url=proxy.url)
            answered[shards] = proxy.answered - known
        for part in range(22):
            for shards, size in answered.items():
                cut = size * part // 8 if part < 8 else size - 20 * (part - 8)
                with self.subTest(shards=shards, cut=cut):
                    proxy.cut_replies_once(cut)
                    self.reshard(shards, redis_url=proxy.url)
                    lost += proxy.is_whole()
                    proxy.heal()
                    self.check_moved(before, shards)
        self.assertGreater(lost, 30)

    def test_a_mover_that_stood_still_does_no_harm(self):
        self.make()
        before = self.picture(4)
        mover = self.mover(3)
        mover.wait_event("ready")
        mover.send_signal(signal.SIGSTOP)
        if self.state() != "done":
            self.presume_dead()
            self.reshard(3)
        self.check_moved(before, 3)
        mover.send_signal(signal.SIGCONT)
        mover.wait_exit((0, 1))
        self.assertIsNone(self.redis.call("HGET", "websub:meta", "moving"))
        self.compare(before, self.picture(3))

    def test_of_two_commands_one_moves(self):
        self.make()
        before = self.picture(4)
        movers = [self.mover(3), self.mover(3)]
        for mover in movers:
            mover.wait_exit((0, 1))
        self.check_moved(before, 3)

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


if __name__ == "__main__":
    unittest.main()
