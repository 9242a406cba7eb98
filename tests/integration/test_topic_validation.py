"""Validation of topics: the spreader asks a topic whether it wants its
subscribers here, and queues their verification or a denial."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

CALLBACK = "http://subscriber.example/cb"


class Validation(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub", "spreader"), max_attempts=3)
        self.publisher = self.system.publisher()
        self.hub = self.system.hub.url

    def key(self, topic, name):
        return self.system.store.key(topic, name)

    def ask(self, topic, callback=CALLBACK, generation=7):
        """Writes what the hub writes; returns TD:CD."""
        key = f"{digest(topic)}:{digest(callback)}"
        call = self.system.redis.call
        call("SET", self.key(topic, "gen"), 10)
        call("HSET", self.key(topic, f"request:{key}:s"), "v", 1,
             "g", generation, "t", topic, "tg", topic, "c", callback,
             "l", 3600, "s", "-", "w", "- -")
        call("ZADD", self.key(topic, "pending"), int(time.time()),
             f"{key}:s - -")
        call("ZADD", self.key(topic, "validations"), 1,
             f"w {key}:s {generation} {topic}")
        call("XADD", self.key(topic, "wake"), "MAXLEN", 1, "*", "v", 1)
        return key

    def queued(self, topic):
        """What waits for deliver: pairs of q and g."""
        entries = self.system.redis.call(
            "XRANGE", self.key(topic, "verify"), "-", "+")
        return [(fields[1].decode(), int(fields[3])) for _, fields in entries]

    def outcome(self, topic, count=1):
        return wait_until(
            lambda: len(self.queued(topic)) >= count and self.queued(topic),
            f"{count} outcomes")

    def wait_asked(self, topic, count):
        fetching = self.key(topic, "fetching")
        wait_until(lambda: self.system.redis.call("HLEN", fetching) == count,
                   f"{count} are being asked about")

    def check_valid(self, topic):
        key = self.ask(topic)
        self.assertEqual(self.outcome(topic), [(f"{key}:s", 7)])
        self.clear()

    def check_denied(self, topic, reason):
        key = self.ask(topic)
        self.assertEqual(self.outcome(topic), [(f"{key}:d", 11)])
        flat = self.system.redis.call("HGETALL",
                                      self.key(topic, f"request:{key}:d"))
        denial = dict(zip(flat[::2], flat[1::2]))
        self.assertEqual(denial[b"t"], topic.encode())
        self.assertEqual(denial[b"c"], CALLBACK.encode())
        self.assertIn(reason, denial[b"r"].decode())
        self.assertFalse(self.system.store.requested(topic, CALLBACK))
        self.clear()

    def clear(self):
        """Forgets the outcomes: every topic of a test starts alone."""
        self.system.redis.call("DEL", *(f"websub:{{{n}}}:verify"
                                        for n in range(4)))

    def topic(self, hub=None, own="", body=b"", kind="text/plain", path="/t"):
        """A topic that names a hub and itself in a Link header; "" for the
        true URL, None for none."""
        url = self.publisher.url + path
        links = [f'<{target or true}>; rel="{rel}"' for rel, target, true in
                 (("hub", hub, self.hub), ("self", own, url))
                 if target is not None]
        return self.publisher.topic(
            path, body, kind, links={"Link": ", ".join(links)} if links else {}
        ).url

    def test_a_topic_that_names_both_in_its_link_header(self):
        self.check_valid(self.topic(hub=""))

    def test_the_header_may_be_split_or_hold_others(self):
        url = self.publisher.url + "/t"
        self.publisher.topic("/t", links={
            "Link": f'<http://other.example/>; rel=hub, <{self.hub}>; '
                    f'rel="hub next"', "LINK": f'<{url}>; rel=self'})
        self.check_valid(url)

    def test_a_feed_or_a_page_that_names_both(self):
        url = self.publisher.url + "/t"
        for kind, body in (
                ("application/atom+xml",
                 '<feed xmlns="http://www.w3.org/2005/Atom">'
                 '<link rel="hub" href="{hub}"/>'
                 '<link rel="self" href="{url}"/></feed>'),
                ("application/rss+xml",
                 '<rss xmlns:a="http://www.w3.org/2005/Atom"><channel>'
                 '<a:link rel="hub" href="{hub}"/>'
                 '<a:link rel="self" href="{url}"/></channel></rss>'),
                ("text/html", '<head><link rel=hub href="{hub}">'
                              '<link rel=self href="{url}"></head>')):
            with self.subTest(kind=kind):
                self.publisher.topic(
                    "/t", body.format(hub=self.hub, url=url).encode(), kind)
                self.check_valid(url)

    def test_another_spelling_of_itself(self):
        url = self.publisher.url + "/topic"
        self.check_valid(self.topic(
            hub="", own=url.replace("topic", "%74%6fpic"), path="/topic"))

    def test_a_topic_that_does_not_name_this_hub(self):
        for hub in (None, "http://other.example/", self.hub.rstrip("/"),
                    self.hub + "x"):
            with self.subTest(hub=hub):
                self.check_denied(self.topic(hub=hub), "rel=hub")

    def test_a_topic_that_does_not_name_itself(self):
        for own in (None, self.publisher.url + "/other"):
            with self.subTest(own=own):
                self.check_denied(self.topic(hub="", own=own), "rel=self")

    def test_a_topic_that_is_not_there(self):
        topic = self.publisher.topic("/t")
        for status in (404, 403, 410, 204, 304):
            with self.subTest(status=status):
                topic.next_answers(status)
                self.check_denied(topic.url, f"HTTP status {status}")

    def test_a_redirect_is_followed_and_self_is_the_topic(self):
        url = self.publisher.url + "/from"
        self.topic(hub="", own=url, path="/to")
        self.publisher.resources["/from"] = lambda _: Answer(
            302, headers={"Location": "/to"})
        self.check_valid(url)
        self.topic(hub="", path="/to")
        self.check_denied(url, "rel=self")

    def test_what_fails_for_now_is_tried_again(self):
        self.system.program("spreader").stop()
        self.system.start("spreader", timeout_ms=500, max_attempts=1000)
        url = self.topic(hub="")
        topic = self.publisher.resources["/t"]
        topic.next_answers(503, Answer(200, drip="body"))
        self.check_valid(url)
        self.assertGreaterEqual(len(topic.fetches), 3)

    def test_what_fails_too_often_is_denied(self):
        topic = self.publisher.topic("/t")
        topic.next_answers(*[500] * 9)
        self.check_denied(topic.url, "HTTP status 500")
        self.assertEqual(len(topic.fetches), 3)

    def test_a_reason_tells_nothing_of_networks(self):
        topic = self.publisher.topic("/t").url
        self.publisher.close()
        self.check_denied(topic, "the topic can't be fetched")

    def test_the_fetch_is_never_conditional(self):
        url = self.topic(hub="")
        self.system.redis.call(
            "HSET", self.key(url, f"topic:{digest(url)}"), "etag", '"v1"',
            "lm", "Sat, 21 Nov 2026 10:00:01 GMT")
        self.check_valid(url)
        fetch, = self.publisher.resources["/t"].fetches
        self.assertNotIn("If-None-Match", fetch.headers)
        self.assertNotIn("If-Modified-Since", fetch.headers)
        self.assertIn(f"(+{self.hub})", fetch.headers["User-Agent"])

    def test_a_newer_request_decides_alone(self):
        url = self.topic(hub="")
        gate = self.gate()
        topic = self.publisher.resources["/t"]
        topic.next_answers(Answer(404, gate=gate))
        self.ask(url, generation=7)
        topic.wait_fetches()
        key = self.ask(url, generation=8)
        self.wait_asked(url, 2)
        gate.set()
        # It shares the fetch that was under way; if that took too long, the
        # next one finds the usual answer.
        (q, g), = self.outcome(url)
        self.assertIn((q, g), ((f"{key}:s", 8), (f"{key}:d", 11)))
        self.wait_asked(url, 0)
        self.assertEqual(self.queued(url), [(q, g)])

    def test_requests_for_one_topic_share_a_fetch(self):
        url = self.topic(hub="")
        gate = self.gate()
        topic = self.publisher.resources["/t"]
        usual = topic.current
        topic.current = lambda request: gate.wait(30) and usual(request)
        keys = [self.ask(url, f"{CALLBACK}?{n}") for n in range(50)]
        topic.wait_fetches()
        self.wait_asked(url, 50)
        gate.set()
        got = self.outcome(url, 50)
        self.assertEqual(sorted(got), sorted((f"{k}:s", 7) for k in keys))
        self.assertEqual(len(topic.fetches), 1)

    def test_a_spreader_that_dies_meanwhile_loses_nothing(self):
        url = self.topic(hub="")
        gate = self.gate()
        topic = self.publisher.resources["/t"]
        topic.next_answers(Answer(200, gate=gate))
        key = self.ask(url)
        topic.wait_fetches()
        spreader = self.system.program("spreader")
        spreader.kill()
        self.system.presume_dead(spreader)
        self.system.start("spreader")
        self.assertEqual(self.outcome(url), [(f"{key}:s", 7)])


if __name__ == "__main__":
    unittest.main()
