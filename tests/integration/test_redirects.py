"""Topics that redirect: the spreader goes along, within bounds."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.isolated import isolated_redirect
from support.redis import Redis
from support.system import SystemTest


class RedirectsTest(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(max_attempts=2, **self.settings)
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")
        self.home = self.publisher.topic("/home", b"content")

    def redirect(self, path, location, status=302):
        """A topic with a subscriber, whose every answer redirects."""
        topic = self.publisher.topic(path)
        headers = {} if location is None else {"Location": location}
        topic.current = lambda _: Answer(status, b"moved", headers)
        self.system.activate(topic.url, self.callback)
        return topic

    def chain(self, length):
        """`length` redirects, one after the other, and then /home."""
        for n in range(length):
            self.publisher.resources[f"/{n}"] = (
                lambda _, to=f"/{n + 1}" if n + 1 < length else "/home":
                Answer(302, headers={"Location": to}))
        topic = self.publisher.url + "/0"
        self.system.activate(topic, self.callback)
        return topic

    def failure(self, topic):
        """Announces; returns the error that is kept of the last try."""
        self.system.announce(topic)
        self.system.wait_idle()
        self.assertEqual(self.callback.deliveries, [])
        return self.system.store.fetch_state(topic)[b"error"].decode()


class Redirects(RedirectsTest):
    def test_each_kind_is_followed(self):
        for n, status in enumerate((301, 302, 303, 307, 308), 1):
            with self.subTest(status=status):
                topic = self.redirect(f"/{status}", self.home.url, status)
                self.system.announce(topic.url)
                delivery = self.callback.wait_deliveries(n)[-1]
                self.assertEqual(delivery.body, b"content")
                self.assertIn(f'<{topic.url}>; rel="self"',
                              delivery.headers["Link"])
                self.assertEqual(self.home.fetches[-1].method, "GET")
                self.assertIn("1 subscribers",
                              self.home.fetches[-1].headers["User-Agent"])

    def test_where_it_may_lead(self):
        other = self.system.publisher().topic("/there", b"content")
        places = ("/home", "home", "//" + self.home.url[7:], other.url,
                  self.home.url + "#part", " /home ")
        for n, location in enumerate(places, 1):
            with self.subTest(location=location):
                topic = self.redirect(f"/from{n}", location)
                self.system.announce(topic.url)
                self.callback.wait_deliveries(n)

    def test_dot_segments_of_a_location_are_resolved(self):
        """RFC 3986 section 5.2: of absolute ones as of relative ones."""
        home = self.publisher.topic("/a/home", b"content")
        for n, location in enumerate((
                "b/../a/home", "/b/../a/./home", "/a/b/c/../../home",
                home.url.replace("/a/", "/b/../a/"),
                home.url.replace("/a/", "/./b/.././a/")), 1):
            with self.subTest(location=location):
                topic = self.redirect(f"/from{n}", location)
                self.system.announce(topic.url)
                self.callback.wait_deliveries(n)
                self.assertEqual(len(home.fetches), n)

    def test_a_topic_is_asked_for_byte_for_byte(self):
        topic = self.publisher.topic("/b/../a/./%2f%2F", b"content")
        self.system.activate(topic.url, self.callback)
        self.system.announce(topic.url)
        self.callback.wait_deliveries()
        self.assertEqual(len(topic.fetches), 1)

    def test_what_no_url_may_hold_is_encoded(self):
        for n, (location, path, query) in enumerate((
                ("/caf\u00e9", "/caf%C3%A9", ""), ("/a b c", "/a%20b%20c", ""),
                ("/x?q=a|b", "/x", "q=a%7Cb"), ("/\u0431/%d0%b1",
                                                "/%D0%B1/%d0%b1", ""),
                ("{base}/{{x}}", "/%7Bx%7D", ""))):
            with self.subTest(location=location):
                there = self.publisher.topic(path, b"content %d" % n)
                topic = self.redirect(
                    f"/odd{n}", location.format(base=self.publisher.url)
                    .encode().decode("latin-1"))
                self.system.activate(topic.url, self.callback)
                self.system.announce(topic.url)
                self.callback.wait_deliveries(n + 1)
                self.assertEqual(self.callback.bodies()[n], b"content %d" % n)
                self.assertEqual(there.fetches[0].query, query)

    def test_where_it_may_not(self):
        for n, (location, error) in enumerate((
                (None, "without a Location"), ("ftp://a.example/", "no http"),
                ("http://user@a.example/", "no http"),
                ("http://a b/", "no http"), ("file:///etc/passwd", "no http"),
                ("/to%zz", "no http"), ("/x" * 1500, "no http"),
                ("", "loop"))):
            with self.subTest(location=location):
                topic = self.redirect(f"/from{n}", location)
                self.assertIn(error, self.failure(topic.url))

    def test_five_are_followed_and_a_sixth_is_not(self):
        self.system.announce(self.chain(5))
        self.callback.wait_deliveries(1)
        self.callback.deliveries.clear()
        self.assertEqual(len(self.home.fetches), 1)
        self.assertIn("more than 5", self.failure(self.chain(6)))
        self.assertEqual(len(self.home.fetches), 1)

    def test_a_loop_is_noticed(self):
        for n, (there, back) in enumerate((("/a", "/a"), ("/b", "/back"))):
            with self.subTest(n=n):
                topic = self.redirect(there, back)
                around = self.publisher.topic("/back")
                around.current = lambda _: Answer(
                    302, headers={"Location": "/b"})
                self.assertEqual(self.failure(topic.url),
                                 "it redirects in a loop")
                self.assertEqual(len(topic.fetches), 2)  # one a try

    def test_a_failure_behind_a_redirect_is_tried_again_from_the_start(self):
        topic = self.redirect("/from", "/home")
        self.home.next_answers(503)
        self.system.announce(topic.url)
        self.callback.wait_deliveries()
        self.assertEqual((len(topic.fetches), len(self.home.fetches)), (2, 2))

    def test_validators_go_to_the_url_that_gave_them(self):
        topic = self.redirect("/from", "/home")
        for _ in range(2):
            self.system.announce(topic.url)
            self.system.wait_idle()
        self.assertEqual(len(self.callback.deliveries), 1)
        for fetch in topic.fetches + self.home.fetches[:1]:
            self.assertNotIn("If-None-Match", fetch.headers)
        second = self.home.fetches[1].headers
        self.assertEqual(second["If-None-Match"], self.home.etag)
        self.assertEqual(second["If-Modified-Since"],
                         self.home.last_modified)
        # Another place with an ETag of the same name has other content.
        elsewhere = self.publisher.topic("/elsewhere", b"elsewhere")
        self.assertEqual(elsewhere.etag, self.home.etag)
        topic.current = lambda _: Answer(
            302, headers={"Location": "/elsewhere"})
        self.system.announce(topic.url)
        self.assertEqual(self.callback.wait_deliveries(2)[1].body,
                         b"elsewhere")
        self.assertNotIn("If-None-Match", elsewhere.fetches[0].headers)

    def test_the_canonical_url_is_relative_to_where_the_content_was(self):
        there = self.system.publisher().topic(
            "/dir/there", links={"Link": "<feed>; rel=self"})
        topic = self.redirect("/from", there.url)
        self.system.announce(topic.url)
        link = self.callback.wait_deliveries()[0].headers["Link"]
        self.assertIn(f"<{there.url.replace('there', 'feed')}>; rel=\"self\"",
                      link)


class Timeout(RedirectsTest):
    HOP_S = 0.4

    settings = {"spreader_only": {"timeout_ms": 1000}}

    def test_all_hops_together_have_one_timeout(self):
        """Each of five hops takes 0.4 s of the 1 s that a try may take."""
        topic = self.chain(5)
        for n in range(5):
            quick = self.publisher.resources[f"/{n}"]
            self.publisher.resources[f"/{n}"] = (
                lambda request, quick=quick:
                self.gate().wait(self.HOP_S) or quick(request))
        self.assertIn("timed out", self.failure(topic).lower())
        self.assertEqual(self.home.fetches, [])


class PrivateNetworks(unittest.TestCase):
    def test_a_redirect_to_a_private_address_is_refused(self):
        redis = Redis()
        self.addCleanup(redis.close)
        got = isolated_redirect(redis)
        if got is None:
            self.skipTest("the system allows no network namespaces")
        self.assertEqual(got["public"], 1)
        self.assertEqual(got["private"], 0)
        self.assertIn("address is not allowed", got["error"])


if __name__ == "__main__":
    unittest.main()
