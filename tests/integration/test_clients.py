"""Real clients: a subscriber and a publisher that share nothing with the
hub's tests, and the requests that WordPress and FreshRSS send, byte for byte.

WordPress' plugin posts with its HTTP library over libcurl: header names in
its own case, a Referer, one hub.url for each feed.  FreshRSS posts what PHP's
http_build_query() makes, asks for no lease and names itself by ?k=KEY."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.client import python_client
from support.httpd import Answer
from support.subscriber import held
from support.system import SystemTest

ATOM = b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"/>'


def quoted(url):
    """As PHP's rawurlencode() and urlencode() spell a URL."""
    return url.replace(":", "%3A").replace("/", "%2F").replace(
        "?", "%3F").replace("=", "%3D")


def wordpress(hub, feeds, version="1.1", topic="hub.url"):
    """What the WebSub plugin sends when a post appears."""
    body = "hub.mode=publish" + "".join(
        f"&{topic}={quoted(feed)}" for feed in feeds)
    return (f"POST / HTTP/{version}\r\n"
            f"Host: {hub.address}\r\n"
            "User-Agent: WordPress/6.8.3; https://blog.example; "
            "PubSubHubbub/WebSub\r\n"
            "Accept: */*\r\n"
            "Accept-Encoding: deflate, gzip, br, zstd\r\n"
            f"Referer: {hub.url}\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
            "Connection: close\r\n"
            f"Content-Length: {len(body)}\r\n"
            "\r\n" + body).encode()


def freshrss(hub, mode, topic, callback):
    """What FreshRSS sends for a feed that names a hub."""
    body = (f"hub.verify=sync&hub.mode={mode}&hub.topic={quoted(topic)}"
            f"&hub.callback={quoted(callback)}")
    return ("POST / HTTP/1.1\r\n"
            f"Host: {hub.address}\r\n"
            "User-Agent: FreshRSS/1.27.1 (Linux; https://freshrss.org)\r\n"
            "Accept: */*\r\n"
            "Accept-Encoding: deflate, gzip, br, zstd\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "\r\n" + body).encode()


class ClientTest(SystemTest):
    def setUp(self):
        self.start_system()
        self.hub = self.system.hub

    def send(self, data):
        """Sends the bytes; returns the answer and whether the hub closed."""
        answer, closes = self.hub.raw(data)
        return answer, (closes() if b"Connection: close" in data
                        else closes(0.01))


class StandardLibrary(ClientTest):
    def client(self, *words):
        made = python_client(*words)
        self.addCleanup(made.close)
        return made

    def test_from_the_discovery_to_the_unsubscription(self):
        publisher = self.client("publisher.py", self.hub.url)
        url = publisher.wait("listen")["url"]
        subscriber = self.client("subscriber.py", url, "a secret & more")
        self.assertEqual(subscriber.wait("answered")["status"], 202)
        verified = subscriber.wait("verified")
        self.assertEqual((verified["mode"], verified["lease"]),
                         ("subscribe", "7200"))
        self.system.wait_idle()
        for count, text in enumerate(("first", "second", "\u00fcber"), 1):
            publisher.send(text)
            content = subscriber.wait("content", count)
            self.assertEqual(content["body"], text + "\n")
            self.assertEqual(content["type"], "application/atom+xml")
            self.assertEqual(content["method"], "sha256")
            self.assertEqual(content["links"],
                             {"hub": self.hub.url, "self": url})
        self.assertRegex(publisher.named("fetched")[-1]["agent"],
                         r"^websubd/\S+ \(\+http://.*; 1 subscribers?\)$")
        subscriber.send("unsubscribe")
        self.assertEqual(subscriber.wait("verified", 2)["mode"],
                         "unsubscribe")
        self.system.wait_idle()
        publisher.send("nobody reads this")
        publisher.wait("answered", 4)
        self.system.wait_idle()
        self.assertEqual(len(subscriber.named("content")), 3)
        self.assertEqual(subscriber.named("forged"), [])


class WordPress(ClientTest):
    def setUp(self):
        super().setUp()
        server = self.system.publisher()
        self.feeds = [server.topic("/feed/", b"<rss/>",
                                   "application/rss+xml; charset=UTF-8"),
                      server.topic("/feed/atom/", ATOM),
                      server.topic("/tag/a/feed/", b"<rss>a</rss>")]
        self.callback = self.system.subscriber().callback("/cb")
        for feed in self.feeds:
            self.system.activate(feed.url, self.callback)

    def test_announcement_of_every_feed_is_understood(self):
        for version in ("1.1", "1.0"):
            for topic in ("hub.url", "hub.topic"):
                with self.subTest(version=version, topic=topic):
                    self.announce(version, topic)

    def announce(self, version, topic):
        count = len(self.callback.deliveries)
        body = f"<feed>{version} {topic}</feed>".encode()
        for feed in self.feeds:
            feed.update(body)
        answer, closed = self.send(wordpress(
            self.hub, [feed.url for feed in self.feeds], version, topic))
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertTrue(closed)
        self.callback.wait_deliveries(count + 3)
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies()[count:], [body] * 3)

    def test_answer_comes_before_the_fetch(self):
        gate = self.gate()
        self.feeds[0].next_answers(Answer(200, ATOM, gate=gate))
        answer, _ = self.send(wordpress(self.hub, [self.feeds[0].url]))
        self.assertEqual(answer.status, 204)
        self.feeds[0].wait_fetches()
        self.assertEqual(self.callback.deliveries, [])
        gate.set()
        self.callback.wait_deliveries()

    def test_one_bad_feed_refuses_the_whole_request(self):
        feeds = [self.feeds[0].url, "http://", self.feeds[1].url]
        answer, _ = self.send(wordpress(self.hub, feeds))
        self.assertEqual(answer.status, 400)
        self.system.wait_idle()
        self.assertEqual([feed.fetches for feed in self.feeds], [[]] * 3)


class FreshRss(ClientTest):
    KEY = "?k=0123456789abcdef0123456789abcdef01234567"

    def setUp(self):
        super().setUp()
        self.feed = self.system.publisher().topic("/feed/", ATOM)
        self.callback = self.system.subscriber().callback(
            "/api/pshb.php", self.KEY)

    def ask(self, mode):
        answer, _ = self.send(freshrss(self.hub, mode, self.feed.url,
                                       self.callback.url))
        self.assertEqual((answer.status, answer.body), (202, b""))

    def test_subscribes_receives_and_unsubscribes(self):
        self.ask("subscribe")
        record = self.system.wait_active(self.feed.url, self.callback)
        self.assertEqual(record.lease_s, 432000)
        asked = self.callback.verifications[0]
        self.assertTrue(asked.request.target.startswith(
            f"/api/pshb.php{self.KEY}&hub.mode=subscribe&"))
        self.system.announce(self.feed.url)
        delivery = self.callback.wait_deliveries()[0]
        self.assertEqual(delivery.target, "/api/pshb.php" + self.KEY)
        self.assertEqual(delivery.body, ATOM)
        self.assertIn(f'<{self.feed.url}>; rel="self"',
                      delivery.headers["Link"])
        self.ask("unsubscribe")
        self.system.wait_gone(self.feed.url, self.callback)
        self.assertEqual(len(self.callback.verifications), 2)

    def test_sync_is_answered_before_the_verification_too(self):
        gate = self.gate()
        self.callback.next_confirm(held(gate))
        self.ask("subscribe")
        self.callback.wait_verifications()
        self.assertIsNone(
            self.system.store.record(self.feed.url, self.callback.url))
        gate.set()
        self.system.wait_active(self.feed.url, self.callback)

    def test_renewal_by_the_same_request_keeps_one_subscription(self):
        for _ in range(3):
            self.ask("subscribe")
            self.system.wait_idle()
        self.assertEqual(self.system.store.subscribers(self.feed.url), 1)
        self.system.announce(self.feed.url)
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies(), [ATOM])


if __name__ == "__main__":
    unittest.main()
