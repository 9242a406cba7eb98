"""Bounds of what strangers send: rates by client, requests that wait, and
subscriptions.  (The counting itself is shown by test_scripts_bounds.py.)"""

import itertools
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.hub import Hub
from support.subscriber import held
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
OTHER = "http://publisher.example/other"
# What a test system has off (support/system.py).
DEFAULTS = {"subscribe_rate": 50, "max_pending_per_host": 100}


def callback(number, host="127.0.0.1:9"):
    return f"http://{host}/{number}"


class StrangersTest(SystemTest):
    def start_hub(self, roles=("hub",), **settings):
        self.start_system(roles=roles, shards=1, hub_only=settings)
        return self.system.hub

    def client(self, source):
        return Hub(self.system.hub.address, source)

    def limited(self, reason):
        return self.system.program("hub").metric(
            "websubd_hub_limited_total", '{reason="%s"} ' % reason)

    def until_limited(self, act):
        """Acts until it is too much; returns that response."""
        def limited():
            answer = act()
            return answer if answer.status == 429 else None
        return wait_until(limited, "it is too much")

    def assert_limited(self, answer, reason, status=429):
        """It is told to the client, counted and logged."""
        self.assertEqual(answer.status, status, answer)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertGreater(self.limited(reason), 0)
        program = self.system.program("hub")
        wait_until(lambda: [line for line in program.events("request-limited")
                            if line["reason"] == reason], "it is logged")


class Rates(StrangersTest):
    def test_subscribing_has_a_rate_by_client(self):
        hub = self.start_hub(subscribe_rate=1)
        for n in range(4):
            self.assertEqual(hub.subscribe(TOPIC, callback(n)).status, 202)
        refused = self.until_limited(
            lambda: hub.unsubscribe(TOPIC, callback(0)))
        self.assert_limited(refused, "subscribe_rate")
        self.assertEqual(
            self.client("127.0.0.2").subscribe(TOPIC, callback(0)).status, 202)

    def test_announcing_has_a_rate_by_url(self):
        hub = self.start_hub(announce_rate=1)
        urls = [f"{TOPIC}/{n}" for n in range(100)]
        self.assertEqual(hub.announce(*urls).status, 204)
        self.assert_limited(
            self.until_limited(lambda: hub.announce(*urls[:10])),
            "announce_rate")
        self.assertEqual(self.client("127.0.0.2").announce(*urls).status, 204)

    def test_a_flood_meets_the_defaults(self):
        hub = self.start_hub(**DEFAULTS)
        statuses = {hub.subscribe(TOPIC, callback(n)).status
                    for n in range(150)}
        self.assertEqual(statuses, {202, 429})

    def test_who_shows_a_token_has_no_rate(self):
        hub = self.start_hub(subscribe_rate=1, announce_rate=1,
                             max_pending_per_client=1, subscribe_token="s",
                             publish_token="p")
        for n in range(12):
            answer = hub.subscribe(TOPIC, callback(n), token="s")
            self.assertEqual(answer.status, 202)
            answer = hub.announce(*(12 * [TOPIC]), token="p")
            self.assertEqual(answer.status, 204)

    def test_the_client_of_a_trusted_proxy_is_who_it_says(self):
        hub = self.start_hub(subscribe_rate=1, trusted_proxies="127.0.0.1")

        def status(client):
            return hub.request(
                "POST", "/", "hub.mode=subscribe&hub.topic=a.b&hub.callback="
                "http://127.0.0.1:9/", {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Forwarded-For": f"9.9.9.9, {client}"}).status
        for _ in range(4):
            self.assertEqual(status("192.0.2.1"), 202)
        wait_until(lambda: status("192.0.2.1") == 429, "one is limited")
        self.assertEqual(status("192.0.2.2"), 202)

    def test_a_header_of_anybody_else_counts_for_nothing_and_is_told(self):
        hub = self.start_hub(subscribe_rate=1)

        def status(number):
            return hub.request("POST", "/", "hub.mode=subscribe&hub.topic=a.b"
                               "&hub.callback=http://127.0.0.1:9/", {
                                   "Content-Type":
                                       "application/x-www-form-urlencoded",
                                   "Forwarded": f"for=192.0.2.{number}"}).status
        numbers = itertools.count(1)
        wait_until(lambda: status(next(numbers)) == 429, "it is too much")
        program = self.system.program("hub")
        line = program.wait_event("forwarding-header-ignored")
        self.assertIn("trusted_proxies", line["remedy"])
        self.assertEqual(len(program.events("forwarding-header-ignored")), 1)

    def test_what_is_wrong_is_told_and_takes_no_token(self):
        hub = self.start_hub(subscribe_rate=1)
        for _ in range(12):
            self.assertEqual(hub.subscribe("ftp://a/", callback(0)).status, 400)
        self.assertEqual(hub.subscribe(TOPIC, callback(0)).status, 202)

    def test_json(self):
        hub = self.start_hub(announce_rate=1)
        answer = self.until_limited(lambda: hub.form(
            [("hub.mode", "publish"), ("hub.url", TOPIC)],
            accept="application/json"))
        error = json.loads(answer.body)["errors"][0]
        self.assertEqual((error["status"], error["code"]),
                         (429, "too-many-requests"))


class Pending(StrangersTest):
    def test_no_more_wait_for_a_host_or_by_a_client_than_may(self):
        hub = self.start_hub(max_pending_per_host=3, max_pending_per_client=5)
        for n in range(3):
            self.assertEqual(hub.subscribe(TOPIC, callback(n)).status, 202)
        self.assert_limited(hub.subscribe(TOPIC, callback(3)),
                            "max_pending_per_host")
        for n in range(2):
            self.assertEqual(
                hub.subscribe(TOPIC, callback(n, "127.0.0.2:9")).status, 202)
        self.assert_limited(hub.subscribe(TOPIC, callback(3, "127.0.0.3:9")),
                            "max_pending_per_client")
        other = self.client("127.0.0.2")
        self.assertEqual(
            other.subscribe(TOPIC, callback(3, "127.0.0.3:9")).status, 202)

    def test_no_more_wait_than_may(self):
        hub = self.start_hub(max_pending=3)
        for n in range(3):
            self.assertEqual(hub.subscribe(TOPIC, callback(n)).status, 202)
        self.assert_limited(hub.subscribe(TOPIC, callback(3)), "max_pending",
                            503)

    def test_every_verification_makes_a_place(self):
        hub = self.start_hub(("hub", "deliver"), max_pending_per_host=2,
                             verify="on")
        subscriber = self.system.subscriber()
        for n in range(6):
            callback_ = subscriber.callback(f"/{n}")
            self.system.activate(TOPIC, callback_)
            hub.unsubscribe(TOPIC, callback_.url)
            self.system.wait_gone(TOPIC, callback_)


class Quotas(StrangersTest):
    def start_hub(self, **settings):
        self.start_system(roles=("hub", "deliver"), shards=1, **settings)
        self.subscriber = self.system.subscriber()
        return self.system.hub

    def test_a_topic_a_host_and_the_hub_have_as_many_as_they_may(self):
        for setting, status, other in (
                ("max_subscriptions", 503, None),
                ("max_subscriptions_per_host", 429, TOPIC),
                ("max_subscriptions_per_topic", 429, OTHER)):
            with self.subTest(setting=setting):
                hub = self.start_hub(**{setting: 2})
                for n in range(2):
                    self.system.activate(TOPIC,
                                         self.subscriber.callback(f"/{n}"))
                new = self.subscriber.callback("/new")
                self.assert_limited(hub.subscribe(TOPIC, new.url), setting,
                                    status)
                self.system.activate(TOPIC, self.subscriber.callback("/0"))
                if other == OTHER:
                    self.system.activate(OTHER, new)
                elif other:
                    self.system.activate(TOPIC, self.system.subscriber(
                        "127.0.0.2").callback("/"))
                hub.unsubscribe(TOPIC, self.subscriber.callback("/0").url)
                self.system.wait_gone(TOPIC, self.subscriber.callback("/0"))
                self.system.activate(TOPIC, new)

    def test_who_comes_too_late_is_denied(self):
        """Both were asked for before one was confirmed."""
        self.start_hub(max_subscriptions_per_topic=1)
        gate = self.gate()
        first, second = (self.subscriber.callback(f"/{n}",
                                                  confirm=[held(gate)])
                         for n in range(2))
        for callback_ in (first, second):
            self.system.request(TOPIC, callback_)
        for callback_ in (first, second):
            callback_.wait_verifications()
        gate.set()
        wait_until(lambda: first.denials or second.denials, "one is denied")
        late = first if first.denials else second
        self.assertIn("too many", late.denials[0].fields["hub.reason"])
        self.system.wait_decided(TOPIC, late)
        active = [self.system.store.record(TOPIC, c.url) is not None
                  for c in (first, second)]
        self.assertEqual(sorted(active), [False, True])

    def test_an_everything_subscription_counts_once(self):
        self.start_system(roles=("hub", "deliver"), shards=4,
                          max_subscriptions=8)
        subscriber = self.system.subscriber()
        for n in range(2):
            self.system.activate("*", subscriber.callback(f"/{n}"))
        answer = self.system.hub.subscribe("*", subscriber.callback("/2").url)
        self.assert_limited(answer, "max_subscriptions", 503)


class Announced(StrangersTest):
    def test_no_more_topics_of_a_host_wait_than_may(self):
        self.start_system(max_announced_per_host=2, shards=1)
        subscriber, gate = self.system.subscriber(), self.gate()
        busy, good = self.system.publisher(), self.system.publisher("127.0.0.2")
        topics = [busy.topic(f"/{n}") for n in range(3)]
        for topic in topics[:2]:
            topic.next_answers(Answer(200, b"new", gate=gate))
        other = good.topic("/")
        for number, topic in enumerate([*topics, other]):
            self.system.activate(topic.url, subscriber.callback(f"/{number}"))
        for topic in topics[:2]:
            self.system.announce(topic.url)
        self.assert_limited(self.system.hub.announce(topics[2].url),
                            "max_announced_per_host")
        self.system.announce(other.url)
        other.wait_fetches()
        gate.set()
        for topic in topics[:2]:
            topic.wait_fetches()
        self.system.wait_idle()
        self.system.announce(topics[2].url)
        topics[2].wait_fetches()


if __name__ == "__main__":
    unittest.main()
