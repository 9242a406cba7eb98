"""Subscribers' secrets at rest: sealed under a key ring, or with a warning."""

import base64
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.subscriber import signature
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SECRET = "a-secret-of-a-subscriber-0123456789"
KEY_1 = "first " + "1f" * 32 + "\n"
KEY_2 = "second " + "2e" * 32 + "\n"


def spellings(secret):
    """How a secret could lie about: plain, hexadecimal, base64 at any of its
    three offsets."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw)[4:-4]
        found += [text, text.replace(b"+", b"-").replace(b"/", b"_")]
    return found


class Secrets(SystemTest):
    def ring(self, text):
        """A key ring's file that only we may read."""
        if not hasattr(self, "ring_path"):
            handle, self.ring_path = tempfile.mkstemp()
            os.close(handle)
            self.addCleanup(os.unlink, self.ring_path)
        Path(self.ring_path).write_text(text)
        return self.ring_path

    def assert_signed(self, callback, body):
        count = callback.bodies().count(body)
        self.system.push(TOPIC, body)
        wait_until(lambda: callback.bodies().count(body) > count,
                   "the body arrives")
        delivery = [d for d in callback.deliveries if d.body == body][-1]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature(SECRET, body))

    def stored(self):
        everything = self.system.redis.everything()
        return any(text in everything for text in spellings(SECRET))

    def test_with_a_key_ring_the_secret_is_nowhere_in_redis(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        server = self.system.subscriber()
        waiting = server.callback("/waiting")
        callback = server.callback("/cb")
        self.system.program("deliver").stop()
        self.system.request(TOPIC, waiting, secret=SECRET)
        self.assertFalse(self.stored(), "in the request that waits")
        self.system.start("deliver")
        self.system.wait_active(TOPIC, waiting)
        self.system.activate(TOPIC, callback, secret=SECRET)
        self.assert_signed(callback, b"body")
        self.assertFalse(self.stored())
        record = self.system.store.record(TOPIC, callback.url)
        self.assertTrue(record.secret.startswith(b"g.first."))
        self.assertNotIn(b"1f" * 32, self.system.redis.everything())

    def test_secret_is_in_no_log(self):
        self.start_system(log_level="debug")
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        self.assert_signed(callback, b"body")
        self.assertNotIn(SECRET, self.system.log())

    def test_without_one_the_start_warns_and_deliveries_are_signed(self):
        self.start_system()
        warnings = [line for line in self.system.program("hub").lines
                    if line.split(" ")[1] == "warn"]
        self.assertTrue(any("secret" in line for line in warnings), warnings)
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        self.assert_signed(callback, b"body")
        record = self.system.store.record(TOPIC, callback.url)
        self.assertTrue(record.secret.startswith(b"p."))
        self.assertTrue(self.stored(), "the search finds what is there")

    def test_new_key_is_put_first_and_the_old_one_still_opens(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        server = self.system.subscriber()
        old, new = server.callback("/old"), server.callback("/new")
        self.system.activate(TOPIC, old, secret=SECRET)
        self.ring(KEY_2 + KEY_1)
        for role in ("hub", "deliver"):
            self.system.program(role).stop()
            self.system.start(role)
        self.system.activate(TOPIC, new, secret=SECRET)
        record = self.system.store.record(TOPIC, new.url)
        self.assertTrue(record.secret.startswith(b"g.second."))
        self.assert_signed(old, b"1")
        self.assert_signed(new, b"2")

    def test_ring_may_be_given_to_a_hub_that_had_none(self):
        self.start_system()
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        path = self.ring(KEY_1)
        self.system.program("deliver").stop()
        self.system.start("deliver", secret_keys_file=path)
        self.assert_signed(callback, b"1")

    def check_refused(self, role, says, **settings):
        program = self.system.start(role, wait=False, **settings)
        program.wait_exit(1)
        self.assertIn(says, program.lines[-1])
        self.assertNotIn("1f" * 16, program.log())

    def test_a_wrong_key_is_found_at_the_start(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        callback = self.system.subscriber().callback("/cb")
        self.system.activate(TOPIC, callback, secret=SECRET)
        self.system.program("deliver").stop()
        self.system.push(TOPIC, b"event")
        for name, text, says in (
                ("other digits", KEY_1.replace("1f", "3d"), "other digits"),
                ("another key", KEY_2, "does not have"),
                ("no key", None, "does not have")):
            with self.subTest(name):
                path = self.ring(text) if text else ""
                self.check_refused("deliver", says, secret_keys_file=path)
                self.check_refused("hub", says, secret_keys_file=path,
                                   listen="127.0.0.1:0")
        self.assertEqual(self.system.store.dead_letters(TOPIC), [])
        self.ring(KEY_1)
        self.system.start("deliver")
        self.assertEqual(callback.wait_deliveries()[0].body, b"event")

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

    def test_after_a_flushall_the_next_key_is_written_anew(self):
        self.start_system(secret_keys_file=self.ring(KEY_1))
        key = "websub:{c}:canary"
        wait_until(lambda: self.system.redis.call("EXISTS", key), "it is there")
        self.system.redis.call("FLUSHALL")
        wait_until(lambda: self.system.redis.call("EXISTS", key), "and again")

    def test_signature_hash_can_be_chosen(self):
        for method in ("sha1", "sha384", "sha512"):
            with self.subTest(method=method):
                self.start_system(signature_hash=method)
                callback = self.system.subscriber().callback("/cb")
                self.system.activate(TOPIC, callback, secret=SECRET)
                self.system.push(TOPIC, b"body")
                delivery = callback.wait_deliveries()[0]
                self.assertEqual(delivery.headers["X-Hub-Signature"],
                                 signature(SECRET, b"body", method))


if __name__ == "__main__":
    unittest.main()
