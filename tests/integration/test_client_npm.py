"""The npm package `pubsubhubbub` as a subscriber, without a secret: it signs
with another one than it sends.

It takes the topic from its callback's own query and reads only the first
relation of the Link header.  Where it can't be installed, the test ends with
77: skipped, see tests/CMakeLists.txt."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import skipped
from support.client import FOLDER, Client
from support.npm import installed
from support.system import SystemTest

TOPIC = "http://publisher.example/topic?a=%20b&c"
BODY = '{"text": "\u00fcber"}'


class Npm(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = installed()

    def setUp(self):
        self.start_system()
        self.hub = self.system.hub
        self.client = Client("node", os.path.join(FOLDER, "subscriber.js"),
                             self.folder)
        self.addCleanup(self.client.close)
        self.client.wait("listen")

    def do(self, mode, topic=TOPIC):
        """Asks, and waits until the client has confirmed."""
        count = len(self.client.named(mode))
        answers = len(self.client.named("answered"))
        self.client.send(json.dumps({"do": mode, "topic": topic,
                                     "hub": self.hub.url}))
        answer = self.client.wait("answered", answers + 1)
        self.assertIsNone(answer["error"])
        asked = self.client.wait(mode, count + 1)
        self.assertEqual((asked["topic"], asked["hub"]),
                         (topic, self.hub.url))
        self.system.wait_idle()

    def test_it_subscribes_receives_and_unsubscribes(self):
        self.do("subscribe")
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)
        self.system.push(TOPIC, BODY.encode(), "application/feed+json")
        content = self.client.wait("feed")
        self.assertEqual(content, {
            "event": "feed", "topic": TOPIC, "hub": self.hub.url,
            "body": BODY, "type": "application/feed+json", "signed": False})
        self.do("unsubscribe")
        self.system.push(TOPIC, b"nobody reads this")
        self.system.wait_idle()
        self.assertEqual(len(self.client.named("feed")), 1)

    def test_it_renews_and_gets_each_content_once(self):
        for _ in range(3):
            self.do("subscribe")
        self.system.push(TOPIC, BODY.encode())
        self.system.wait_idle()
        self.client.wait("feed")
        self.assertEqual(len(self.client.named("feed")), 1)

    def test_it_receives_a_feed_that_was_announced(self):
        feed = self.system.publisher().topic("/feed", b"<feed/>")
        self.do("subscribe", feed.url)
        self.system.announce(feed.url)
        content = self.client.wait("feed")
        self.assertEqual((content["topic"], content["body"]),
                         (feed.url, "<feed/>"))

    def test_it_hears_of_an_error(self):
        self.client.send(json.dumps({"do": "subscribe", "topic": "no URL!",
                                     "hub": self.hub.url}))
        self.assertEqual(self.client.wait("answered")["error"],
                         "Invalid response status 400")


if __name__ == "__main__":
    skipped.main()
