"""Content that changes twice within a second, on servers whose validators are
made of seconds."""

import sys
import time
import unittest
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.system import SystemTest


class Dated:
    """A topic as such a server has it: all its changes are of one second.  The
    validators are those of `headers`; whatever of them comes back is answered
    304."""

    def __init__(self, headers):
        self.body = b"first"
        self.headers = headers
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        asked = {request.headers.get("If-None-Match", "").replace("W/", ""),
                 request.headers.get("If-Modified-Since")}
        if asked & {value.replace("W/", "")
                    for value in self.headers.values()}:
            return Answer(304, headers=self.headers)
        return Answer(200, self.body,
                      {"Content-Type": "text/plain", **self.headers})


class SecondChanges(SystemTest):
    def setUp(self):
        self.start_system()
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")

    def change_twice(self, headers):
        topic = Dated(headers)
        path = f"/{len(self.publisher.resources)}"
        self.publisher.resources[path] = topic
        url = self.publisher.url + path
        self.system.activate(url, self.callback)
        for topic.body in (b"first", b"other"):
            before = len(self.callback.deliveries)
            self.system.announce(url)
            self.callback.wait_deliveries(before + 1)
            self.assertEqual(self.callback.bodies()[-1], topic.body)
            self.system.wait_idle()

    def test_the_second_change_within_a_second_is_delivered(self):
        now = int(time.time())
        modified = formatdate(now, usegmt=True)
        for headers in ({"Last-Modified": modified},
                        {"Last-Modified": formatdate(now + 5, usegmt=True)},
                        {"Last-Modified": formatdate(now - 2, usegmt=True)},
                        {"Last-Modified": modified,
                         "ETag": f'"{now:x}-5"'},
                        {"Last-Modified": modified, "ETag": f'W/"{now:x}-5"'},
                        {"ETag": f'W/"{now:x}-5"'},
                        {"Last-Modified": modified, "ETag": 'W/"5"'}):
            with self.subTest(headers=headers):
                self.change_twice(headers)

    def test_validators_of_long_ago_are_sent(self):
        before = formatdate(time.time() - 3600, usegmt=True)
        for headers in ({"Last-Modified": before},
                        {"Last-Modified": before, "ETag": 'W/"5"'},
                        {"ETag": '"5"'}):
            with self.subTest(headers=headers):
                topic = Dated(headers)
                path = f"/{len(self.publisher.resources)}"
                self.publisher.resources[path] = topic
                self.system.activate(self.publisher.url + path, self.callback)
                for _ in range(2):
                    self.system.announce(self.publisher.url + path)
                    self.system.wait_idle()
                self.assertEqual(
                    topic.requests[1].headers.get("If-None-Match"),
                    headers.get("ETag"))
                self.assertEqual(
                    topic.requests[1].headers.get("If-Modified-Since"),
                    headers.get("Last-Modified"))


if __name__ == "__main__":
    unittest.main()
