"""Codings of content: what is fetched and what confirms a subscription is asked
for and decoded as it comes, within its limit."""

import gzip
import sys
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest
from support.wait import wait_until

LIMIT = 100000
FEED = b"<feed>" + b"0123456789" * 1000 + b"</feed>"
TOPIC = "http://publisher.example/topic"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"  # of deflate: decodes to nothing


def deflate(body, bits):
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return packer.compress(body) + packer.flush()


CODINGS = {
    "gzip": lambda body: gzip.compress(body),
    "x-gzip": lambda body: gzip.compress(body),
    "GZIP": lambda body: gzip.compress(body),
    "deflate": lambda body: deflate(body, 15),
    "deflate ": lambda body: deflate(body, -15),  # without its frame: it is common
    "deflate, gzip": lambda body: gzip.compress(deflate(body, 15)),
    "identity": lambda body: body,
}


class Encoded(SystemTest):
    def setUp(self):
        self.start_system(max_attempts=2, max_body_bytes=LIMIT)
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")

    def topic(self, body, coding=None, content_type="application/atom+xml",
              **options):
        headers = {"Content-Type": content_type}
        if coding is not None:
            headers["Content-Encoding"] = coding
        path = f"/{len(self.publisher.resources)}"
        made = self.publisher.topic(path)
        made.next_answers(*[Answer(200, body, headers, **options)] * 10)
        self.system.activate(made.url, self.callback)
        self.system.announce(made.url)
        return made

    def failure(self, topic):
        """What is noted of a topic that failed as often as it may."""
        topic.wait_fetches(2)
        self.system.wait_idle()
        self.assertEqual(self.callback.deliveries, [])
        return self.system.store.fetch_state(topic.url)[b"error"].decode()

    def test_content_is_asked_for_and_decoded(self):
        for count, (coding, encode) in enumerate(CODINGS.items(), 1):
            with self.subTest(coding=coding):
                topic = self.topic(encode(FEED), coding)
                delivery = self.callback.wait_deliveries(count)[-1]
                self.assertEqual(delivery.body, FEED)
                self.assertEqual(delivery.headers["Content-Type"],
                                 "application/atom+xml")
                self.assertIsNone(delivery.headers["Content-Encoding"])
                self.assertIn("gzip",
                              topic.fetches[0].headers["Accept-Encoding"])

    def test_the_links_of_decoded_content_are_found(self):
        self.topic(gzip.compress(
            b'<feed xmlns="http://www.w3.org/2005/Atom">'
            b'<link rel="self" href="http://a.example/self"/></feed>'), "gzip")
        self.assertIn("<http://a.example/self>",
                      self.callback.wait_deliveries()[0].headers["Link"])

    def test_a_file_that_is_packed_stays_so(self):
        packed = gzip.compress(FEED)
        self.topic(packed, content_type="application/gzip")
        delivery = self.callback.wait_deliveries()[0]
        self.assertEqual((delivery.body, delivery.headers["Content-Type"]),
                         (packed, "application/gzip"))

    def test_the_limit_is_for_what_is_decoded(self):
        """And to the byte."""
        self.topic(gzip.compress(b"x" * LIMIT), "gzip")
        self.assertEqual(len(self.callback.wait_deliveries()[0].body), LIMIT)
        self.callback.deliveries.clear()
        topic = self.topic(gzip.compress(b"x" * (LIMIT + 1)), "gzip")
        self.assertIn("too large", self.failure(topic))

    def test_what_does_not_get_smaller_may_be_as_large(self):
        noise = bytes(hash((n, 1)) >> 7 & 255 for n in range(LIMIT))
        self.topic(gzip.compress(noise, 0), "gzip")
        self.assertEqual(self.callback.wait_deliveries()[0].body, noise)

    def test_a_bomb_is_a_failure_and_takes_no_memory(self):
        before = self.system.program("spreader").peak_kb()
        packed = gzip.compress(gzip.compress(bytes(1 << 28)))
        topic = self.topic(packed, "gzip, gzip")
        self.assertIn("too large", self.failure(topic))
        after = self.system.program("spreader").peak_kb()
        self.assertLess(after - before, 16 * 1024)

    def test_bytes_without_end_that_decode_to_none_are_a_failure(self):
        head = gzip.compress(b"")[:10]
        topic = self.topic(head + EMPTY_BLOCK * 1000000, "gzip")
        self.assertIn("too large", self.failure(topic))

    def test_what_can_not_be_decoded_is_a_failure_that_says_so(self):
        for coding, body, error in (
                ("compress", b"\x1f\x9d", "Unrecognized content encoding"),
                ("gzip", FEED, "content"), ("deflate", b"\xff" * 50, "content")):
            with self.subTest(coding=coding):
                self.assertIn(error, self.failure(self.topic(body, coding)))

    def test_a_challenge_confirms_in_any_coding(self):
        subscriber = self.system.subscriber()
        for coding, encode in CODINGS.items():
            with self.subTest(coding=coding):
                callback = subscriber.callback(
                    "/" + coding.replace(" ", "_"),
                    confirm=[lambda challenge, coding=coding, encode=encode:
                             Answer(200, encode(challenge),
                                    {"Content-Encoding": coding})])
                self.system.activate(TOPIC, callback)
                self.assertIn("gzip", callback.verifications[0]
                              .request.headers["Accept-Encoding"])

    def test_a_wrong_one_does_not(self):
        callback = self.system.subscriber().callback(
            "/cb", confirm=[lambda challenge: Answer(
                200, gzip.compress(challenge + b"\n"),
                {"Content-Encoding": "gzip"})])
        self.system.request(TOPIC, callback)
        self.system.wait_decided(TOPIC, callback)
        self.assertIsNone(self.system.store.record(TOPIC, callback.url))

    def test_the_response_to_a_delivery_is_not_decoded(self):
        self.callback = self.system.subscriber().callback(
            "/cb", answers=[Answer(200, b"no gzip",
                                   {"Content-Encoding": "gzip"})])
        self.system.activate(TOPIC, self.callback)
        self.system.push(TOPIC, b"1")
        delivery = self.callback.wait_deliveries()[0]
        self.assertIsNone(delivery.headers["Accept-Encoding"])
        self.system.wait_idle()
        self.assertEqual(len(self.callback.deliveries), 1)


if __name__ == "__main__":
    unittest.main()
