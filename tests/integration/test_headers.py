"""Headers with empty values: what stands behind them counts all the same."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

TOPIC = "orders.created"
TOKEN = "let-me-publish"
FORM = (b"hub.mode=subscribe&hub.topic=orders"
        b"&hub.callback=http%3A%2F%2F127.0.0.1%3A9%2Fcb")
EMPTY = (b"Cookie:\r\n", b"Cookie: \r\n", b"Cookie:\t \t\r\n",
         b"Cookie:\r\nReferer:\r\nAccept:\r\n")


def request(target, body, *headers):
    """A POST whose headers are given as whole lines."""
    return (b"POST " + target + b" HTTP/1.1\r\nHost: hub\r\n"
            + b"".join(headers)
            + b"Content-Length: %d\r\n\r\n" % len(body) + body)


class EmptyValues(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",), publish_token=TOKEN)

    def answer(self, data, in_bytes=False):
        link = self.system.hub.stream(b"" if in_bytes else data)
        for at in range(len(data) if in_bytes else 0):
            link.send(data[at:at + 1])
        answer = link.answer()
        link.close()
        return answer

    def push(self, *headers):
        answer = self.answer(request(
            b"/publish?hub.topic=" + TOPIC.encode(), b"{}", *headers))
        self.assertEqual(answer.status, 202, answer)
        return json.loads(answer.body)["id"]

    def test_a_content_type_behind_one_is_read(self):
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
        for empty in EMPTY:
            for in_bytes in (False, True):
                with self.subTest(empty=empty, in_bytes=in_bytes):
                    answer = self.answer(request(b"/", FORM, empty, kind),
                                         in_bytes)
                    self.assertEqual(answer.status, 202, answer)

    def test_a_token_and_a_key_behind_one_are_read(self):
        token = b"Authorization: Bearer " + TOKEN.encode() + b"\r\n"
        for number, empty in enumerate(EMPTY):
            key = b"Idempotency-Key: key-%d\r\n" % number
            with self.subTest(empty=empty):
                self.assertEqual(self.push(empty, token, empty, key),
                                 self.push(token, key, empty))

    def test_an_empty_one_is_never_taken_for_the_next(self):
        token = b"Bearer " + TOKEN.encode()
        answer = self.answer(request(
            b"/publish?hub.topic=orders", b"{}", b"Authorization:\r\n",
            token + b": x\r\n"))
        self.assertEqual(answer.status, 400, answer)
        answer = self.answer(request(
            b"/publish?hub.topic=orders", b"{}", b"Authorization: \r\n",
            b"Cookie: " + token + b"\r\n"))
        self.assertEqual(answer.status, 401, answer)


if __name__ == "__main__":
    unittest.main()
