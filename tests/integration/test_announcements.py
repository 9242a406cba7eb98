"""Announcements: hub.mode=publish, and the spreader fetches the topic."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.keys import shard
from support.system import FAST, SystemTest
from support.wait import wait_until

FEED = b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>\n'


class Announcements(SystemTest):
    def setUp(self):
        self.start_system(max_attempts=3, max_body_bytes=100000)
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")

    def topic(self, path="/feed", **options):
        """A topic with a subscriber."""
        topic = self.publisher.topic(path, FEED, **options)
        self.system.activate(topic.url, self.callback)
        return topic

    def test_feed_arrives_for_either_name_of_the_parameter(self):
        for name in ("hub.url", "hub.topic"):
            with self.subTest(name=name):
                topic = self.topic("/" + name)
                count = len(self.callback.deliveries)
                self.system.announce(topic.url, name=name)
                delivery = self.callback.wait_deliveries(count + 1)[-1]
                self.assertEqual(delivery.body, FEED)
                self.assertEqual(delivery.headers["Content-Type"],
                                 "application/atom+xml; charset=utf-8")
                self.assertEqual(
                    delivery.headers["Link"],
                    f'<{self.system.hub.url}>; rel="hub", '
                    f'<{topic.url}>; rel="self"')

    def test_fetch_names_the_hub_and_its_subscribers(self):
        topic = self.topic()
        self.system.announce(topic.url)
        agent = topic.wait_fetches()[0].headers["User-Agent"]
        self.assertRegex(agent, r"^websubd/\S+ \(\+http://.*; 1 subscribers?\)$")
        self.assertIn(self.system.hub.url, agent)
        self.callback.wait_deliveries()

    def test_unchanged_content_is_fetched_conditionally_and_not_sent(self):
        topic = self.topic()
        self.system.announce(topic.url)
        self.callback.wait_deliveries()
        self.system.wait_idle()
        self.system.announce(topic.url)
        second = topic.wait_fetches(2)[1]
        self.assertEqual(second.headers["If-None-Match"], topic.etag)
        self.assertEqual(second.headers["If-Modified-Since"],
                         topic.last_modified)
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies(), [FEED])
        topic.update(b"<feed>2</feed>")
        self.system.announce(topic.url)
        self.callback.wait_deliveries(2)
        self.system.wait_idle()
        self.assertEqual(self.callback.bodies(), [FEED, b"<feed>2</feed>"])

    def test_equal_content_without_validators_is_not_sent(self):
        topic = self.topic(validators=False)
        for count in (1, 2, 3):
            self.system.announce(topic.url)
            topic.wait_fetches(count)
            self.system.wait_idle()
        self.assertNotIn("If-None-Match", topic.fetches[2].headers)
        self.assertEqual(self.callback.bodies(), [FEED])

    def test_canonical_url_of_the_topic_becomes_its_self_link(self):
        canonical = "http://publisher.example/canonical"
        topic = self.topic(links={
            "Link": f'<http://hub.example/>; rel="hub", '
                    f'<{canonical}>; rel="self"'})
        self.system.announce(topic.url)
        link = self.callback.wait_deliveries()[0].headers["Link"]
        self.assertEqual(link, f'<{self.system.hub.url}>; rel="hub", '
                               f'<{canonical}>; rel="self"')

    def test_several_topics_in_one_request(self):
        topics = [self.topic(f"/feed{n}") for n in range(3)]
        self.system.announce(*(topic.url for topic in topics))
        self.callback.wait_deliveries(3)
        self.system.wait_idle()
        self.assertEqual([len(topic.fetches) for topic in topics], [1, 1, 1])

    def test_topic_without_subscribers_is_not_fetched(self):
        unread = self.publisher.topic("/unread")
        topic = self.topic()
        self.system.announce(unread.url, topic.url)
        self.callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(unread.fetches, [])

    def test_topic_is_fetched_once_for_all_its_subscribers(self):
        topic = self.topic()
        server = self.system.subscriber()
        others = [server.callback(f"/{n}") for n in range(10)]
        for other in others:
            self.system.activate(topic.url, other)
        self.system.announce(topic.url)
        for other in others:
            other.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(len(topic.fetches), 1)

    def test_announcements_during_a_fetch_are_gathered(self):
        topic = self.topic()
        gate = self.gate()
        topic.next_answers(Answer(200, b"<feed>0</feed>", gate=gate))
        self.system.announce(topic.url)
        topic.wait_fetches()
        for _ in range(10):
            self.system.announce(topic.url)
        gate.set()
        self.system.wait_idle()
        # Those that came during the fetch need one more, as what was fetched
        # may be older than they are.
        self.assertEqual(len(topic.fetches), 2)
        self.assertIn(FEED, self.callback.bodies())  # in whatever order

    def question(self, topic):
        """That has taken the topic; None while it is not being fetched."""
        store = self.system.store
        return self.system.redis.call("HGET", store.key(topic.url, "fetching"),
                                      f"p {topic.url}")

    def test_one_during_a_fetch_counts_though_the_link_is_lost_meanwhile(self):
        """The owner then wants again whatever was being fetched."""
        topic = self.topic()
        gate = self.gate()
        topic.next_answers(Answer(200, b"<feed>0</feed>", gate=gate))
        self.system.announce(topic.url)
        topic.wait_fetches()
        first = self.question(topic)
        self.system.announce(topic.url)
        self.system.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                               "yes")
        wait_until(lambda: self.question(topic) != first,
                   "the topic is taken back")
        gate.set()
        self.system.wait_idle()
        self.assertEqual(len(topic.fetches), 2)
        self.assertIn(FEED, self.callback.bodies())

    def test_a_topic_that_hangs_holds_up_no_other_of_its_shard(self):
        """Announced again meanwhile it is the first that wants a fetch."""
        self.system.program("spreader").stop()
        self.system.start("spreader", timeout_ms=60000)
        hangs, gate = self.topic(), self.gate()
        path = next(path for path in map("/{}".format, range(1000))
                    if shard(self.publisher.url + path, FAST["shards"]) ==
                    shard(hangs.url, FAST["shards"]))
        other = self.topic(path)
        hangs.next_answers(Answer(200, b"<feed>0</feed>", gate=gate))
        self.system.announce(hangs.url)
        hangs.wait_fetches()
        self.system.announce(hangs.url)
        for count in (1, 2):
            other.update(b"<feed>%d</feed>" % count)
            self.system.announce(other.url)
            self.callback.wait_deliveries(count)
        self.assertEqual(len(hangs.fetches), 1)
        gate.set()

    def test_failed_fetch_is_tried_again(self):
        topic = self.topic()
        topic.next_answers(500, 403)
        self.system.announce(topic.url)
        self.assertEqual(self.callback.wait_deliveries()[0].body, FEED)
        self.assertEqual(len(topic.fetches), 3)

    def test_fetch_gives_up_and_says_why(self):
        topic = self.topic()
        topic.next_answers(*[403] * 10)
        self.system.announce(topic.url)
        topic.wait_fetches(3)
        self.system.wait_idle()
        self.assertEqual(len(topic.fetches), 3)
        state = self.system.store.fetch_state(topic.url)
        self.assertEqual((state[b"status"], state[b"error"],
                          state[b"failures"]),
                         (b"403", b"HTTP status 403", b"3"))
        self.assertLessEqual(abs(int(state[b"at"]) - time.time()), 60)
        topic.next_answers()
        self.system.announce(topic.url)
        self.callback.wait_deliveries()

    def test_content_over_the_limit_is_a_failure(self):
        topic = self.topic()
        topic.update(b"x" * 100001)
        self.system.announce(topic.url)
        topic.wait_fetches(3)
        self.system.wait_idle()
        self.assertEqual(self.callback.deliveries, [])
        self.assertTrue(self.system.store.fetch_state(topic.url)[b"error"])
        topic.update(b"x" * 100000)
        self.system.announce(topic.url)
        self.assertEqual(len(self.callback.wait_deliveries()[0].body), 100000)

    def test_tries_come_later_and_later(self):
        first = self.system.program("spreader")
        self.system.start("spreader", retry_base_ms=60000,
                          retry_cap_ms=3600000)
        first.stop()
        topic = self.topic()
        topic.next_answers(500, 503)
        self.system.announce(topic.url)
        key, call = self.system.store.key, self.system.redis.call
        failed = key(topic.url, "fetch_failures")
        for failures, wait_s in ((1, 60), (2, 120)):
            wait_until(lambda n=failures: call("HGETALL", failed) == [
                f"p {topic.url}".encode(), b"%d" % n], "a try waits")
            due, = self.system.store.delayed()
            left_s = (due - self.system.redis.now_ms()) / 1000
            # Half of the wait is certain, the other half is drawn.
            self.assertTrue(wait_s / 2 - 20 < left_s <= wait_s + 1, left_s)
            self.system.make_due()
            topic.wait_fetches(failures + 1)
        self.callback.wait_deliveries()

    def test_content_type_is_kept_as_it_is(self):
        for n, kind in enumerate(("text/xml", "application/json",
                                  "Text/HTML;Charset=x; a=\"b, c\"")):
            with self.subTest(kind=kind):
                topic = self.topic(f"/{n}", content_type=kind)
                self.system.announce(topic.url)
                delivery = self.callback.wait_deliveries(n + 1)[-1]
                self.assertEqual(delivery.headers["Content-Type"], kind)

    def test_304_to_a_first_fetch_is_a_failure(self):
        topic = self.topic()
        topic.next_answers(304)
        self.system.announce(topic.url)
        self.callback.wait_deliveries()
        self.assertEqual(len(topic.fetches), 2)

    def test_dripping_publisher_is_cut(self):
        self.system.program("spreader").stop()
        self.system.start("spreader", timeout_ms=500, max_attempts=1000)
        topic = self.topic()
        topic.next_answers(Answer(200, drip="body"))
        self.system.announce(topic.url)
        topic.wait_fetches(2)  # before the drip could end
        self.callback.wait_deliveries()

    def test_publisher_that_is_down_is_asked_again(self):
        topic = self.topic()
        self.publisher.close()
        self.system.announce(topic.url)
        wait_until(lambda: self.system.store.fetch_state(topic.url)
                   .get(b"error"), "the failure is noted")
        self.system.wait_idle()
        self.assertEqual(self.callback.deliveries, [])


if __name__ == "__main__":
    unittest.main()
