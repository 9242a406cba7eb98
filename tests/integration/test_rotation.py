"""Keys are rotated: a new one is put first, all secrets are sealed with it, the
old one goes.  Nothing that is in flight is lost."""

import os
import signal
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import programs
from support.keys import digest
from support.subscriber import signature
from support.system import FAST, SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SECRET = "a-secret-of-a-subscriber-0123456789"
KEY_1 = "first " + "1f" * 32 + "\n"
KEY_2 = "second " + "2e" * 32 + "\n"
KEY_3 = "third " + "3d" * 32 + "\n"
SHARDS = FAST["shards"]


class Rotation(SystemTest):
    def start(self, text=KEY_1, **options):
        handle, path = tempfile.mkstemp()
        os.close(handle)
        self.addCleanup(os.unlink, path)
        self.path = Path(path)
        self.ring(text)
        self.start_system(secret_keys_file=path if text else "", **options)
        self.server = self.system.subscriber()

    def ring(self, text):
        """Replaces the file in one step, as who cares does."""
        other = self.path.with_name(self.path.name + ".new")
        other.write_text(text)
        other.chmod(0o600)
        other.rename(self.path)

    def give(self, text):
        """The ring, and waits until all programs have it."""
        before = {program: len(program.events("keys-read"))
                  for program in self.users()}
        self.ring(text)
        for program, count in before.items():
            wait_until(lambda p=program, n=count: len(p.events("keys-read"))
                       > n, "it has read the keys")

    def users(self):
        return [program for program in self.system.programs
                if program.running and program.name != "websub-spreader"]

    def rotate(self, code=0, **settings):
        """Returns what the command says at its end."""
        done = programs.run("websub-hub", "--rotate-secrets", settings={
            **FAST, "redis_url": self.system.redis.url_of("hub"),
            "secret_keys_file": self.path, **settings})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn(SECRET, done.stderr)
        return done.stderr

    def active(self, path, topic=TOPIC, secret=SECRET):
        callback = self.server.callback(path)
        self.system.activate(topic, callback, secret=secret)
        return callback

    def secrets(self):
        """The key of every sealed secret in Redis, "-" for none."""
        found = []
        for base in self.system.store.bases():
            for key in self.system.redis.call("KEYS", base.replace(
                    "{", "\\{") + "sub:*"):
                flat = self.system.redis.call("HGETALL", key)
                found += [row.split(b" ", 6)[6] for field, row in
                          zip(flat[::2], flat[1::2]) if field != b"t"]
            for key in self.system.redis.call("KEYS", base + "request:*"):
                found.append(self.system.redis.call("HGET", key, "s"))
        found.append(self.system.redis.call("GET", "websub:{c}:canary"))
        return {secret.split(b".")[1].decode() if secret[:2] == b"g."
                else secret[:1].decode() for secret in found}

    def check_delivered(self, *callbacks):
        body = os.urandom(8)
        self.system.push(TOPIC, body)
        for callback in callbacks:
            wait_until(lambda c=callback: body in c.bodies(), "it arrives")
            got = [d for d in callback.deliveries if d.body == body][0]
            self.assertEqual(got.headers["X-Hub-Signature"],
                             signature(SECRET, body))

    def test_every_secret_is_sealed_with_the_first_key(self):
        self.start()
        callbacks = [self.active(f"/{n}") for n in range(3)]
        self.active("/plain", secret=None)
        self.active("/all", topic="*")
        waiting = self.server.callback("/waiting")
        waiting.next_confirm(*[lambda challenge: (500, b"")] * 9)
        self.system.program("deliver").stop()
        self.system.request(TOPIC, waiting, secret=SECRET)
        self.system.start("deliver")
        self.give(KEY_2 + KEY_1)
        self.assertIn("first", self.secrets())
        self.assertIn("secrets-rotated key=second", self.rotate())
        wait_until(lambda: self.secrets() <= {"second", "-"}, "all are")
        self.assertIn("sealed=0 left=0", self.rotate())
        self.give(KEY_2)
        self.check_delivered(*callbacks)
        for role in ("hub", "deliver"):  # they start without the old one
            self.system.program(role).stop()
            self.system.start(role)
        self.check_delivered(*callbacks)
        self.assertEqual(self.system.store.dead_letters(TOPIC), [])

    def test_secrets_in_plain_form_are_sealed(self):
        self.start("")
        callback = self.active("/cb")
        record = self.system.store.record(TOPIC, callback.url)
        self.assertTrue(record.secret.startswith(b"p."))
        self.ring(KEY_1)
        self.rotate()
        record = self.system.store.record(TOPIC, callback.url)
        self.assertTrue(record.secret.startswith(b"g.first."))

    def test_without_a_key_it_does_not_begin(self):
        self.start()
        self.assertIn("set secret_keys_file",
                      self.rotate(code=1, secret_keys_file=""))

    def test_it_says_what_no_key_opens(self):
        self.start()
        callback, other = self.active("/cb"), self.active("/other")
        self.give(KEY_2 + KEY_1)
        store, redis = self.system.store, self.system.redis
        name = store.key(TOPIC, f"sub:{digest(TOPIC)}")
        record = redis.call("HGET", name, digest(callback.url))
        redis.call("HSET", name, digest(callback.url),
                   record.replace(b"g.first.", b"g.lost."))
        said = self.rotate(code=2)
        self.assertIn("secrets-left key=lost count=1", said)
        self.assertIn("sealed=1 left=1", said)
        redis.call("HSET", name, digest(callback.url), record)
        self.assertIn("sealed=1 left=0", self.rotate())
        self.check_delivered(callback, other)

    def test_two_at_once_while_subscriptions_come_change_and_go(self):
        self.start()
        self.system.program("hub").wait_ready()
        for n in range(60):
            self.active(f"/{n}")
        self.give(KEY_2 + KEY_1)
        ended = threading.Event()

        def change():
            n = 0
            while not ended.is_set():
                url = self.server.callback(f"/{n % 60}").url
                if n % 3 == 0:
                    self.system.hub.unsubscribe(TOPIC, url)
                else:
                    self.system.hub.subscribe(TOPIC, url, secret=SECRET)
                n += 1

        thread = threading.Thread(target=change)
        thread.start()
        others = [threading.Thread(target=self.rotate) for _ in range(2)]
        for other in others:
            other.start()
        for other in others:
            other.join()
        ended.set()
        thread.join()
        self.system.wait_idle()
        self.rotate()
        self.assertLessEqual(self.secrets(), {"second", "-"})

    def test_under_load_with_programs_that_die_nothing_is_lost(self):
        self.start()
        second = self.system.start("deliver", instance_name="deliver-two")
        callbacks = [self.active(f"/{n}") for n in range(5)]
        sent, ended = [], threading.Event()

        def publish():
            while not ended.is_set():
                sent.append(b"%d" % len(sent))
                self.system.push(TOPIC, sent[-1])
                ended.wait(0.02)

        thread = threading.Thread(target=publish)
        thread.start()
        try:
            self.give(KEY_2 + KEY_1)
            second.kill(-signal.SIGKILL)
            callbacks.append(self.active("/new"))
            self.system.programs.remove(second)
            self.system.start("deliver", instance_name="deliver-two")
            self.rotate()
            first = [p for p in self.users() if p.name == "websub-deliver"][0]
            first.stop()
            self.system.programs.remove(first)
            self.give(KEY_2)
            self.system.start("deliver")
            self.give(KEY_3 + KEY_2)
            self.rotate()
            self.give(KEY_3)
        finally:
            ended.set()
            thread.join()
        wait_until(lambda: all(set(sent) <= set(callback.bodies())
                               for callback in callbacks[:5]),
                   "everything has arrived")
        for callback in callbacks:
            for delivery in callback.deliveries:
                self.assertEqual(delivery.headers["X-Hub-Signature"],
                                 signature(SECRET, delivery.body))
        self.assertEqual(self.secrets(), {"third"})
        self.assertEqual(self.system.store.dead_letters(TOPIC), [])


if __name__ == "__main__":
    unittest.main()
