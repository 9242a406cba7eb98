"""The canonical URL of a topic: what it says of itself becomes rel=self of its
deliveries."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

CANONICAL = "http://publisher.example/canonical"
OTHER = "http://publisher.example/other"
LINK = {"Link": '<http://hub.example/>; rel="hub", '
                f'<{CANONICAL}>; rel="self"'}


def atom(url):
    return (f'<feed xmlns="http://www.w3.org/2005/Atom">'
            f'<link rel="self" href="{url}"/></feed>').encode()


def rss(url):
    return (f'<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
            f'<atom:link rel="self" href="{url}"/></channel></rss>').encode()


def page(url):
    return f'<head><link rel=self href="{url}"></head>'.encode()


class CanonicalUrl(SystemTest):
    def setUp(self):
        self.start_system()
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")
        self.count = 0

    def deliver(self, body=b"body", kind="text/plain", links=None):
        """Fetches and delivers a topic; returns it and the Link header."""
        self.count += 1
        topic = self.publisher.topic(f"/{self.count}", body, kind,
                                     links=links)
        self.system.activate(topic.url, self.callback)
        self.system.announce(topic.url)
        delivery = self.callback.wait_deliveries(self.count)[-1]
        self.assertEqual(delivery.body, body)
        return topic, delivery.headers["Link"]

    def check(self, wanted, **options):
        topic, link = self.deliver(**options)
        self.assertEqual(link, f'<{self.system.hub.url}>; rel="hub", '
                               f'<{wanted or topic.url}>; rel="self"')
        state = self.system.store.fetch_state(topic.url)
        self.assertEqual(state[b"self"], (wanted or "").encode())

    def test_of_the_link_header(self):
        self.check(CANONICAL, links=LINK)

    def test_it_stays_as_it_is_spelled(self):
        """It is compared with topics, which keep their dot segments."""
        spelled = "http://publisher.example/a/../b/./c"
        self.check(spelled, links={
            "Link": f'<http://hub.example/>; rel="hub", '
                    f'<{spelled}>; rel="self"'})

    def test_of_a_feed_or_a_page(self):
        for body, kind in ((atom(CANONICAL), "application/atom+xml"),
                           (rss(CANONICAL), "application/rss+xml"),
                           (page(CANONICAL), "text/html; charset=utf-8")):
            with self.subTest(kind=kind):
                self.check(CANONICAL, body=body, kind=kind)

    def test_the_link_header_comes_first(self):
        self.check(CANONICAL, body=atom(OTHER), kind="application/atom+xml",
                   links=LINK)

    def test_a_relative_one(self):
        self.check(self.publisher.url + "/here",
                   links={"Link": '</here>; rel="self"'})

    def test_none_and_such_as_are_no_urls(self):
        self.check(None)
        for target in ("mailto:a@b.example", "http://a:b@c.example/",
                       "javascript:1"):
            with self.subTest(target=target):
                self.check(None, links={"Link": f"<{target}>; rel=self"})

    def test_relative_to_what_the_document_says(self):
        """RFC 4287 section 2, and <base> of a page."""
        feed = ('<feed xmlns="http://www.w3.org/2005/Atom" '
                'xml:base="http://a.example/b/"><link xml:base="c/" '
                'rel="self" href="d"/></feed>').encode()
        self.check("http://a.example/b/c/d", body=feed,
                   kind="application/atom+xml")
        self.check("http://a.example/b/d", kind="text/html",
                   body=b'<head><link rel=self href="d">'
                        b'<base href="http://a.example/b/"></head>')

    def test_what_no_url_may_hold_is_encoded(self):
        for body, kind in ((atom("/caf\u00e9 a|b"), "application/atom+xml"),
                           (page("/caf\u00e9 a|b"), "text/html")):
            with self.subTest(kind=kind):
                self.check(self.publisher.url + "/caf%C3%A9%20a%7Cb",
                           body=body, kind=kind)
        self.check(self.publisher.url + "/caf%C3%A9%20a%7Cb", links={
            "Link": "</caf\u00c3\u00a9 a|b>; rel=self"})

    def test_behind_many_links(self):
        """More headers than any server should send, and a longer one."""
        other = "<http://publisher.example/other>; rel=next"
        self.check(CANONICAL, links={
            "Link": ", ".join([other] * 600 + [f"<{CANONICAL}>; rel=self"])})
        self.check(CANONICAL, links={
            "Link": [other] * 500 + [f"<{CANONICAL}>; rel=self"]})
        self.check(None, links={
            "Link": [other] * 1600 + [f"<{CANONICAL}>; rel=self"]})

    def test_it_may_go_and_come(self):
        topic, link = self.deliver(atom(CANONICAL), "application/atom+xml")
        self.assertIn(CANONICAL, link)
        for body, wanted in ((b"<feed/>", topic.url), (atom(OTHER), OTHER)):
            self.count += 1
            topic.update(body)
            self.system.announce(topic.url)
            delivery = self.callback.wait_deliveries(self.count)[-1]
            self.assertIn(f'<{wanted}>; rel="self"', delivery.headers["Link"])


if __name__ == "__main__":
    unittest.main()
