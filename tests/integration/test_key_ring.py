"""The key ring is read anew while programs run; what lacks its key is held."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.key_ring import KEY_1, KEY_2, SECRET, TOPIC, KeyRingTest
from support.keys import digest
from support.subscriber import signature
from support.wait import wait_until


class KeyRing(KeyRingTest):
    def test_a_key_that_changes_meanwhile_is_read_without_a_restart(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        programs = [self.system.program(role) for role in ("hub", "deliver")]
        self.ring(KEY_2 + KEY_1)
        for program in programs:
            program.wait_event("keys-read")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        record = self.system.store.record(TOPIC, callback.url)
        self.assertTrue(record.secret.startswith(b"g.second."))
        self.assert_signed(callback, b"event")
        wait_until(lambda: self.system.redis.call(
            "GET", "websub:{c}:canary").startswith(b"g.second."),
            "the canary follows")
        self.assertEqual([program.running for program in programs],
                         [True, True])

    def hold_one(self):
        """A job whose secret deliver has no key for; deliver reads a file of its
        own."""
        path = self.ring(KEY_1)
        own = Path(path + ".deliver")
        own.write_text(KEY_1)
        own.chmod(0o600)
        self.addCleanup(own.unlink)
        self.start_system(secret_keys_file=path)
        self.system.program("deliver").stop()
        deliver = self.system.start("deliver", secret_keys_file=str(own))
        self.ring(KEY_2 + KEY_1)
        self.system.program("hub").wait_event("keys-read")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        self.system.push(TOPIC, b"event")
        deliver.wait_event("held")
        return callback, deliver, own

    def test_a_secret_whose_key_is_missing_is_held_until_it_is_there(self):
        callback, deliver, own = self.hold_one()
        self.assertEqual(callback.deliveries, [])
        own.write_text(KEY_2 + KEY_1)
        deliver.wait_event("keys-read")
        self.system.make_due()
        self.assertEqual(callback.wait_deliveries()[0].headers[
            "X-Hub-Signature"], signature(SECRET, b"event"))
        self.system.wait_idle()
        self.assertEqual(self.system.store.dead_letters(TOPIC), [])

    def test_in_the_end_it_is_a_dead_letter_that_can_be_replayed(self):
        callback, deliver, own = self.hold_one()
        plain = self.system.subscriber().callback("/plain")
        self.system.activate(TOPIC, plain)

        def is_dead():
            self.system.make_due()
            return self.system.store.dead_letters(TOPIC)

        dead, = wait_until(is_dead, "it is given up")
        self.assertEqual(dead[b"why"],
                         b"undecodable: the secret, for lack of key second")
        self.assertTrue(deliver.running)
        self.system.push(TOPIC, b"other")
        plain.wait_deliveries()

    def test_a_secret_that_fails_to_authenticate_is_held(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        store, redis = self.system.store, self.system.redis
        key = store.key(TOPIC, f"sub:{digest(TOPIC)}")
        record = redis.call("HGET", key, digest(callback.url))
        redis.call("HSET", key, digest(callback.url),
                   record[:-1] + bytes([record[-1] ^ 1]))
        self.system.push(TOPIC, b"event")
        deliver = self.system.program("deliver")
        self.assertIn("fails to authenticate",
                      deliver.wait_event("held")["why"])
        redis.call("HSET", key, digest(callback.url), record)
        self.system.make_due()
        callback.wait_deliveries()

    def file(self, text):
        """A key ring's file of its own."""
        handle, path = tempfile.mkstemp()
        os.close(handle)
        self.addCleanup(os.unlink, path)
        Path(path).write_text(text)
        return Path(path)

    def missing(self):
        """Of which processes it is an alert that they lack a key."""
        names = self.system.redis.call("HKEYS", "websub:{c}:alerts")
        return {name.decode().split(" ", 1)[1] for name in names
                if name.startswith(b"keys-missing ")}

    def name_of(self, program):
        return program.wait_event("started")["instance"]

    def break_links(self, programs):
        """Redis closes all connections; waits until they are there again."""
        before = [len(program.events("ready")) for program in programs]
        self.system.redis.call("CLIENT", "KILL", "TYPE", "normal")
        for program, count in zip(programs, before):
            wait_until(lambda p=program, n=count:
                       len(p.events("ready")) > n or not p.running,
                       "it is connected again")

    def test_who_runs_goes_on_when_a_hub_brings_the_first_key(self):
        self.start_system(alert_interval_s=1)
        hub, deliver = map(self.system.program, ("hub", "deliver"))
        self.assertFalse(self.system.redis.call("EXISTS",
                                                "websub:{c}:canary"))
        second = self.system.start("hub", listen="127.0.0.1:0",
                                   secret_keys_file=self.ring(KEY_1))
        for program in (hub, deliver):
            self.assertEqual(program.wait_event("keys-missing")["key"],
                             "first")
        wait_until(lambda: self.missing() == {self.name_of(hub),
                                              self.name_of(deliver)},
                   "it is an alert of both")
        self.break_links((hub, deliver, second))
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"event")
        callback.wait_deliveries()
        self.assertEqual([hub.running, deliver.running], [True, True])
        late = self.system.start("deliver", wait=False)
        late.wait_exit(1)
        self.assertIn("does not have", late.lines[-1])
        self.assertEqual([len(program.events("keys-missing"))
                          for program in (hub, deliver)], [1, 1])

    def test_it_is_over_when_the_key_is_there(self):
        self.start_system(alert_interval_s=1)
        own = self.file(KEY_2)
        deliver = self.system.start("deliver", secret_keys_file=str(own))
        self.system.start("hub", listen="127.0.0.1:0",
                          secret_keys_file=self.ring(KEY_1))
        deliver.wait_event("keys-missing")
        wait_until(lambda: self.name_of(deliver) in self.missing(),
                   "it is an alert")
        own.write_text(KEY_2 + KEY_1)
        wait_until(lambda: self.name_of(deliver) not in self.missing(),
                   "it is over")
        self.assertTrue(deliver.running)

    def test_a_file_that_can_not_be_used_changes_nothing(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        deliver = self.system.program("deliver")
        path = Path(self.ring_path)
        for number, spoil in enumerate((
                lambda: path.write_text("first not hexadecimal"),
                lambda: path.write_text(""),
                lambda: path.chmod(0o644)), 1):
            spoil()
            wait_until(lambda n=number: len(deliver.events("keys-unusable"))
                       == n, "it says so")
        self.assert_signed(callback, b"1")
        path.chmod(0o600)
        self.ring(KEY_2 + KEY_1)
        deliver.wait_event("keys-read")
        self.assert_signed(callback, b"2")
        self.assertNotIn("not hexadecimal", self.system.log())


if __name__ == "__main__":
    unittest.main()
