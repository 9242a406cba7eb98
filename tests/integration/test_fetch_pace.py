"""How often and how many at once: the pace of a topic, the limits of a host,
what a publisher asks for."""

import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.publisher import Publisher
from support.silent import Silent
from support.system import SystemTest
from support.wait import wait_until

FEED = b"<feed/>"
HOUR_MS = 3600000


class Pace(SystemTest):
    def start(self, **settings):
        self.start_system(**settings)
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")
        self.topic = self.publisher.topic("/feed", FEED)
        self.system.activate(self.topic.url, self.callback)

    def wait_later(self, since_ms, delay_s):
        """Nothing is under way, and one thing waits for so long."""
        self.system.wait_delayed(1, delay_s, since_ms)
        fetching = self.system.store.key(self.topic.url, "fetching")
        self.assertEqual(self.system.redis.call("HLEN", fetching), 0)

    def let_time_pass(self):
        """The interval of each topic is over."""
        for key in self.system.redis.keys():
            if b":paced:" in key:
                self.system.redis.call("DEL", key)
        self.system.make_due()

    def test_a_topic_is_fetched_once_in_the_interval_and_then_again(self):
        self.start(fetch_interval_ms=HOUR_MS)
        since_ms = self.system.redis.now_ms()
        self.system.announce(self.topic.url)
        self.callback.wait_deliveries()
        self.topic.update(b"<feed>2</feed>")
        for _ in range(10):
            self.system.announce(*[self.topic.url] * 10)
        self.wait_later(since_ms, HOUR_MS / 1000)
        self.assertEqual(len(self.topic.fetches), 1)
        self.let_time_pass()
        self.assertEqual(self.callback.wait_deliveries(2)[1].body,
                         b"<feed>2</feed>")
        self.system.wait_idle()
        self.assertEqual(len(self.topic.fetches), 2)

    def test_what_is_due_too_early_waits_for_the_interval(self):
        """Whatever makes it due: the owner looks just before the request."""
        self.start(fetch_interval_ms=HOUR_MS)
        since_ms = self.system.redis.now_ms()
        self.system.announce(self.topic.url)
        self.callback.wait_deliveries()
        self.system.announce(self.topic.url)
        self.wait_later(since_ms, HOUR_MS / 1000)
        self.system.make_due()
        self.wait_later(since_ms, HOUR_MS / 1000)
        self.assertEqual(len(self.topic.fetches), 1)

    def test_announced_during_its_fetch_it_is_fetched_after_the_interval(self):
        self.start(fetch_interval_ms=HOUR_MS)
        gate = self.gate()
        self.topic.next_answers(Answer(200, FEED, gate=gate))
        since_ms = self.system.redis.now_ms()
        self.system.announce(self.topic.url)
        self.topic.wait_fetches()
        self.topic.update(b"<feed>2</feed>")
        self.system.announce(self.topic.url)
        gate.set()
        self.callback.wait_deliveries()
        self.wait_later(since_ms, HOUR_MS / 1000)
        self.let_time_pass()
        self.callback.wait_deliveries(2)

    def test_an_interval_of_a_moment_passes_by_itself(self):
        self.start(fetch_interval_ms=300)
        for count in range(1, 4):
            self.topic.update(b"<feed>%d</feed>" % count)
            self.system.announce(self.topic.url)
            self.callback.wait_deliveries(count)

    def test_the_spreader_dies_in_a_fetch_and_the_topic_is_fetched(self):
        self.start(fetch_interval_ms=300)
        self.topic.next_answers(Answer(200, FEED, gate=self.gate()))
        self.system.announce(self.topic.url)
        self.topic.wait_fetches()
        first = self.system.program("spreader")
        first.kill()
        self.system.presume_dead(first)
        self.system.start("spreader")
        self.callback.wait_deliveries()

    def test_a_publisher_that_says_when_is_left_alone_until_then(self):
        """At no cost in attempts, and whatever is announced."""
        self.start(max_attempts=1, retry_cap_ms=HOUR_MS)
        self.topic.next_answers(
            Answer(503, headers={"Retry-After": "1"}),
            Answer(429, headers={"Retry-After": "2"}))
        self.system.announce(self.topic.url)
        for fetches in (1, 2):
            self.topic.wait_fetches(fetches)
            wait_until(lambda: self.failures() == b"0", "it is noted")
            self.system.announce(self.topic.url)
        self.callback.wait_deliveries()
        first, second, third, *more = self.topic.fetches
        self.assertEqual(more, [])
        self.assertGreaterEqual(second.at - first.at, 1)
        self.assertGreaterEqual(third.at - second.at, 2)

    def failures(self):
        return self.system.store.fetch_state(self.topic.url).get(b"failures")

    def test_but_no_longer_than_the_longest_retry(self):
        self.start(max_attempts=1, retry_cap_ms=500)
        self.topic.next_answers(Answer(503, headers={"Retry-After": "86400"}))
        self.system.announce(self.topic.url)
        self.callback.wait_deliveries()

    def test_a_host_of_which_several_topics_say_when_is_left_alone(self):
        """Once three of them have said so the others are not asked."""
        self.start(per_host=1, max_attempts=1, retry_cap_ms=HOUR_MS)
        busy, urls = self.publisher, []
        for n in range(10):
            topic = busy.topic(f"/{n}")
            topic.next_answers(*[Answer(503, headers={"Retry-After": "3600"})]
                               * 9)
            self.system.activate(topic.url, self.callback)
            urls.append(topic)
        self.system.announce(*(topic.url for topic in urls))
        wait_until(lambda: sum(len(topic.fetches) for topic in urls) == 3 and
                   len(self.system.store.delayed()) == 10,
                   "three were asked, and all wait")
        self.assertGreater(max(self.system.store.delayed()),
                           self.system.redis.now_ms() + HOUR_MS / 2)


class Counted:
    """A resource that knows how many of its kind are asked for at once."""

    def __init__(self, gate):
        self.now = self.most = 0
        self.gate = gate
        self._lock = threading.Lock()

    def __call__(self, request):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(60)
        with self._lock:
            self.now -= 1
        return Answer(200, request.path.encode(),
                      {"Content-Type": "text/plain"})


class Host(SystemTest):
    def subscribed(self, publisher, count, resource=None):
        """Topics of one site; their URLs."""
        urls = []
        for n in range(count):
            topic = publisher.topic(f"/{n}", b"topic %d" % n)
            if resource is not None:
                publisher.resources[f"/{n}"] = resource
            self.system.activate(topic.url, self.callback)
            urls.append(topic.url)
        return urls

    def start(self, **settings):
        self.start_system(verify="off", **settings)
        self.publisher = self.system.publisher()
        self.callback = self.system.subscriber().callback("/cb")

    def test_a_site_with_many_topics_has_no_more_requests_than_it_may(self):
        self.start(per_host=4)
        resource = Counted(self.gate())
        urls = self.subscribed(self.publisher, 100, resource)
        self.system.announce(*urls)
        wait_until(lambda: resource.now == 4, "4 are requested")
        resource.gate.set()
        self.callback.wait_deliveries(100)
        self.assertEqual(resource.most, 4)
        self.assertLessEqual(self.publisher.connections, 8)

    def test_a_redirect_enters_its_host_too(self):
        self.start(per_host=2)
        resource = Counted(self.gate())
        target = self.system.publisher()
        target.resources["/all"] = resource
        moved = [self.system.publisher() for _ in range(10)]
        for publisher in moved:
            url, = self.subscribed(publisher, 1, lambda request: Answer(
                302, headers={"Location": target.url + "/all"}))
            self.system.announce(url)
        wait_until(lambda: resource.now == 2, "2 are requested")
        wait_until(lambda: all(publisher.connections for publisher in moved),
                   "all were redirected")
        resource.gate.set()
        self.callback.wait_deliveries(10)
        self.assertEqual(resource.most, 2)

    def test_topics_that_hang_keep_no_other_from_anything(self):
        self.start(timeout_ms=60000, fetch_interval_ms=0)
        hanging = self.subscribed(self.system.publisher(), 300,
                                  Counted(self.gate()))
        other = self.publisher.topic("/other", b"0")
        self.system.activate(other.url, self.callback)
        for n in range(3):
            self.system.announce(*hanging[:100])
            self.system.announce(*hanging[100:200])
            self.system.announce(*hanging[200:])
            other.update(b"%d" % n)
            self.system.announce(other.url)
            self.callback.wait_deliveries(2 * n + 1)
            self.system.push(other.url, b"pushed")
            self.callback.wait_deliveries(2 * n + 2)

    def test_many_hosts_that_hang_keep_no_topic_that_does_well_waiting(self):
        """Also when this process has not fetched it yet.  With few files, so
        that some hosts are many."""
        few = {"files": (256, 256), "timeout_ms": 120000}
        self.start(roles=("hub", "deliver"), fetch_interval_ms=0)
        self.system.start("spreader", **few)
        url, = self.subscribed(self.publisher, 1)
        self.system.announce(url)
        self.callback.wait_deliveries(1)
        self.system.program("spreader").close()
        silent = Silent(300)
        self.addCleanup(silent.close)
        for hanging in silent.urls:
            self.system.hub.subscribe(hanging, self.callback.url)
        self.system.announce(*silent.urls[:100])
        self.system.announce(*silent.urls[100:200])
        self.system.announce(*silent.urls[200:])
        spreader = self.system.start("spreader", **few)
        files = Path(f"/proc/{spreader.pid}/fd")
        wait_until(lambda: len(list(files.iterdir())) > 67,
                   "half of the fetches hang")
        self.publisher.resources["/0"].update(b"changed")
        self.system.announce(url)
        self.callback.wait_deliveries(2)
        spreader.kill()

    def test_a_host_that_is_down_costs_its_topics_no_attempts(self):
        """But for those that found it out."""
        self.start(per_host=1, max_attempts=1, fetch_interval_ms=0)
        urls = self.subscribed(self.publisher, 12)
        self.publisher.close()
        self.system.announce(*urls)
        states = self.system.store.fetch_state

        def failed():
            return [url for url in urls if states(url).get(b"error")]
        wait_until(lambda: len(failed()) >= 5, "the breaker opens")
        again = Publisher(port=self.publisher.port)
        self.addCleanup(again.close)
        again.resources = self.publisher.resources
        waiting = len(urls) - len(failed())
        self.assertGreater(waiting, 0)
        self.callback.wait_deliveries(waiting, 60)

    def test_strangers_with_topics_that_hang_hold_up_no_announcement(self):
        self.start(validate_topic="yes", timeout_ms=60000,
                   fetch_interval_ms=0)
        other = self.publisher.topic("/other", b"0", links={
            "Link": f'<{self.system.hub.url}>; rel="hub", '
                    f'<{self.publisher.url}/other>; rel="self"'})
        self.system.activate(other.url, self.callback)
        hanging = [self.system.publisher() for _ in range(5)]
        resource = Counted(self.gate())
        for publisher in hanging:
            for n in range(60):
                publisher.resources[f"/{n}"] = resource
                self.system.request(f"{publisher.url}/{n}", self.callback)
        wait_until(lambda: resource.now >= 16, "they are looked at")
        self.system.announce(other.url)
        self.callback.wait_deliveries(1)


if __name__ == "__main__":
    unittest.main()
