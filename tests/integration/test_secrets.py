"""Subscribers' secrets at rest: sealed under a key ring, or with a warning."""

import base64
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.key_ring import KEY_1, KEY_2, SECRET, TOPIC, KeyRingTest
from support.subscriber import signature
from support.wait import wait_until



def spellings(secret):
    """How a secret could lie about: plain, hexadecimal, base64 at any of its
    three offsets."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw)[4:-4]
        found += [text, text.replace(b"+", b"-").replace(b"/", b"_")]
    return found


class Secrets(KeyRingTest):
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
