"""Subscriptions that are denied: at once by the lists, later by an operator
(WebSub section 5.2)."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.subscriber import held, status, wrong
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
DENIED = "http://denied.example/topic"
ADMIN = "admin-token"


class DenialTest(SystemTest):
    settings = {}

    def setUp(self):
        self.start_system(admin_token=ADMIN, **self.settings)
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def callback(self, path="/cb", **script):
        return self.subscriber.callback(path, **script)

    def deny(self, topic, count, callback=None, reason=None):
        """An operator's denial that ends `count` subscriptions."""
        answer = self.hub.deny(topic, callback and callback.url, reason,
                               ADMIN)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(answer.body), {"denied": count})

    def check_denied(self, callback, topic, reason, count=1):
        """The callback was told, exactly so often."""
        self.system.wait_idle()
        self.assertEqual(len(callback.denials), count)
        for denial in callback.denials:
            self.assertEqual(denial.topic, topic)
            self.assertEqual(denial.reason, reason)
            self.assertNotIn("hub.challenge", denial.fields)
            self.assertNotIn("hub.lease_seconds", denial.fields)
            self.assertRegex(denial.request.headers["User-Agent"],
                             "^websubd/")
        self.assertIsNone(self.system.store.record(topic, callback.url))
        self.assertEqual(self.system.store.subscribers(topic), 0)
        self.assertFalse(
            self.system.store.requested(topic, callback.url, "d"))


class ByTopic(DenialTest):
    settings = {"topic_deny": "http://denied.example/*",
                "topic_allow": "http://publisher.example/*,"
                               " http://denied.example/*"}

    def test_denied_topic_is_told_and_not_verified(self):
        callback = self.callback(query="?k=1")
        self.system.request(DENIED, callback, secret="s")
        self.check_denied(callback, DENIED,
                          "This hub does not serve the topic.")
        self.assertEqual(callback.verifications, [])
        target = callback.denials[0].request.target
        self.assertTrue(target.startswith("/cb?k=1&hub.mode=denied&"), target)

    def test_the_topic_is_told_as_it_was_given(self):
        callback = self.callback()
        self.system.request("http://denied.example/%74opic", callback)
        self.system.wait_idle()
        self.assertEqual(callback.denials[0].topic,
                         "http://denied.example/%74opic")

    def test_topic_that_is_not_allowed_is_denied(self):
        callback = self.callback()
        self.system.request("http://else.example/", callback)
        self.check_denied(callback, "http://else.example/",
                          "This hub does not serve the topic.")

    def test_other_spellings_of_the_host_are_denied_too(self):
        for topic in ("http://DENIED.example/x", "HTTP://denied.example:80/x",
                      "http://denied.example./x"):
            callback = self.callback()
            self.system.request(topic, callback)
            self.system.wait_idle()
            self.assertEqual(len(callback.denials), 1, topic)

    def test_allowed_topic_is_served(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.assertEqual(callback.denials, [])

    def test_failed_verification_is_no_denial(self):
        for answer in (wrong, status(404)):
            callback = self.callback(confirm=[answer])
            self.system.request(TOPIC, callback)
            self.system.wait_decided(TOPIC, callback)
            self.system.wait_idle()
            self.assertEqual(callback.denials, [])


class ByCallback(DenialTest):
    settings = {"callback_deny": "*/bad*"}

    def test_denied_callback_is_told(self):
        callback = self.callback("/bad")
        self.system.request(TOPIC, callback)
        self.check_denied(callback, TOPIC,
                          "This hub does not serve the callback.")
        self.assertEqual(callback.verifications, [])

    def test_other_callbacks_are_served(self):
        self.system.activate(TOPIC, self.callback("/good"))


class NotAllowedCallback(DenialTest):
    settings = {"callback_allow": "https://*"}

    def test_it_is_told(self):
        callback = self.callback()
        self.system.request(TOPIC, callback)
        self.check_denied(callback, TOPIC,
                          "This hub does not serve the callback.")


class Renewal(DenialTest):
    def restart_hub(self, **settings):
        self.system.program("hub").stop()
        self.system.start("hub", **settings)

    def test_renewal_that_is_denied_ends_the_subscription(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.restart_hub(topic_deny=TOPIC)
        self.system.request(TOPIC, callback)
        self.assertIsNone(self.system.store.record(TOPIC, callback.url))
        self.check_denied(callback, TOPIC,
                          "This hub does not serve the topic.")
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def test_unsubscribing_is_never_denied(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.restart_hub(topic_deny="*", callback_deny="*")
        self.assertEqual(
            self.hub.unsubscribe(TOPIC, callback.url).status, 202)
        self.system.wait_gone(TOPIC, callback)
        self.assertEqual(callback.verifications[1].fields["hub.mode"],
                         "unsubscribe")
        self.assertEqual(callback.denials, [])


class Subtree(DenialTest):
    settings = {"topic_deny": "Secret.*, *.private"}

    def test_its_events_reach_no_level_above_it(self):
        above, all_of_them = self.callback("/above"), self.callback("/all")
        self.system.activate("secret", above)
        self.system.activate("*", all_of_them)
        for topic in ("secret.a", "SECRET.a.b", "open.private"):
            self.system.push(topic, b"hidden")
        self.system.push("secret", b"1")
        self.system.push("secrets.a", b"2")
        above.wait_deliveries(1)
        all_of_them.wait_deliveries(2)
        self.system.wait_idle()
        self.assertEqual([d.body for d in above.deliveries], [b"1"])
        self.assertEqual(sorted(d.body for d in all_of_them.deliveries),
                         [b"1", b"2"])
        self.assertEqual(
            self.system.program("spreader").metric(
                "websubd_spreader_rejected_total"), 3)


class Retrying(DenialTest):
    settings = {"topic_deny": DENIED}

    def test_denial_is_tried_again_a_few_times_then_dropped(self):
        """2, 5 and 15 seconds apart."""
        slow, deaf = self.callback("/slow"), self.callback("/deaf")
        slow.next_denied(500, 404, 200)
        deaf.next_denied(404, 302, 503, 400, 200)
        since_ms = self.system.redis.now_ms()
        self.system.request(DENIED, slow)
        self.system.request(DENIED, deaf)
        for count, delay_s in ((2, 2), (2, 5), (1, 15)):
            self.system.wait_delayed(count, delay_s, since_ms)
            since_ms = self.system.redis.now_ms()
            self.system.make_due()
        self.system.wait_idle()
        self.assertEqual(len(slow.denials), 3)
        self.check_denied(deaf, DENIED, "This hub does not serve the topic.",
                          count=4)

    def test_newer_subscription_makes_an_older_denial_void(self):
        callback = self.callback()
        callback.next_denied(500)
        self.system.activate(TOPIC, callback)
        since_ms = self.system.redis.now_ms()
        self.deny(TOPIC, 1)
        self.system.wait_delayed(1, 2, since_ms)
        self.system.activate(TOPIC, callback)
        self.assertFalse(
            self.system.store.requested(TOPIC, callback.url, "d"))
        self.system.make_due()
        self.system.wait_idle()
        self.assertEqual(len(callback.denials), 1)
        self.assertIsNotNone(self.system.store.record(TOPIC, callback.url))


class ByOperator(DenialTest):
    def test_every_subscription_of_the_topic_ends(self):
        """More than a page of them."""
        callbacks = [self.callback(f"/cb{n}") for n in range(450)]
        other = self.callback("/other")
        for callback in callbacks:
            self.system.request(TOPIC, callback)
        self.system.activate(TOPIC + "/other", other)
        wait_until(lambda: self.system.store.subscribers(TOPIC) == 450,
                   "all are subscribed")
        self.deny(TOPIC, 450, reason="Closed.")
        self.assertEqual(self.system.store.subscribers(TOPIC), 0)
        self.system.wait_idle()
        for callback in callbacks:
            self.assertEqual([d.reason for d in callback.denials],
                             ["Closed."])
        self.assertEqual(other.denials, [])
        self.deny(TOPIC, 0)

    def test_one_callback_is_denied(self):
        mine, other = self.callback("/mine"), self.callback("/other")
        self.system.activate(TOPIC, mine)
        self.system.activate(TOPIC, other)
        self.deny(TOPIC, 1, mine, "Not you & \u00e4.")
        self.system.wait_idle()
        self.assertEqual([d.reason for d in mine.denials],
                         ["Not you & \u00e4."])
        self.system.push(TOPIC, b"1")
        other.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(mine.deliveries, [])
        self.assertEqual(other.denials, [])

    def test_without_a_reason_none_is_told(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.deny(TOPIC, 1)
        self.check_denied(callback, TOPIC, None)

    def test_what_does_not_exist_is_not_told(self):
        callback = self.callback()
        self.deny(TOPIC, 0, callback)
        self.deny(TOPIC, 0)
        self.system.wait_idle()
        self.assertEqual(callback.denials, [])

    def test_request_that_waits_is_denied(self):
        for one in (True, False):
            with self.subTest(one=one):
                gate = self.gate()
                callback = self.callback(f"/cb{one}", confirm=[held(gate)])
                self.system.request(TOPIC, callback)
                callback.wait_verifications()
                if one:
                    self.deny(TOPIC, 1, callback, "No.")
                else:
                    self.deny(TOPIC, 0, reason="No.")
                gate.set()
                callback.wait_denials()
                self.check_denied(callback, TOPIC, "No.")

    def test_it_may_subscribe_again(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.deny(TOPIC, 1)
        self.system.wait_idle()
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()

    def test_events_in_flight_are_not_sent(self):
        """per_host=1: the second event waits while the first is held."""
        self.system.program("deliver").stop()
        self.system.start("deliver", per_host=1, timeout_ms=30000)
        gate = self.gate()
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        callback.next_answers(self.answer_held(gate))
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.system.push(TOPIC, b"2")
        wait_until(lambda: self.system.store.events_kept() == 2,
                   "the second event is fanned out")
        self.deny(TOPIC, 1)
        gate.set()
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1"])
        self.assertEqual(len(callback.denials), 1)

    @staticmethod
    def answer_held(gate):
        answer = status(204)(b"")
        answer.gate = gate
        return answer

    def test_failed_delivery_is_not_tried_again(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        callback.next_answers(500)
        self.system.program("deliver").stop()
        self.system.start("deliver", retry_base_ms=60000, retry_cap_ms=60000)
        self.system.push(TOPIC, b"1")
        wait_until(self.system.store.delayed, "it is to be tried again")
        self.deny(TOPIC, 1)
        self.system.make_due()
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)


class Dotted(DenialTest):
    """A subscription to * has a replica in every other shard."""

    TOPICS = [f"topic{n}.x" for n in range(12)]

    def replicas(self):
        return len(self.system.redis.call("KEYS", "websub:*:sub:*"))

    def check_over(self, callback):
        """Nothing of any shard arrives."""
        self.system.wait_idle()
        self.assertEqual(len(callback.denials), 1)
        self.assertEqual(callback.denials[0].topic, "*")
        self.assertEqual(self.replicas(), 0)
        for topic in self.TOPICS:
            self.system.push(topic, b"1")
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def wildcard(self):
        callback = self.callback()
        self.system.request("*", callback)
        wait_until(lambda: self.replicas() == 4, "every shard has a replica")
        self.system.wait_idle()
        return callback

    def test_operator_ends_the_wildcard_in_every_shard(self):
        callback = self.wildcard()
        self.deny("*", 1)
        self.check_over(callback)

    def test_replicas_end_though_the_callback_is_deaf(self):
        callback = self.wildcard()
        callback.next_denied(500, 500, 500, 500)
        self.deny("*", 1)
        callback.wait_denials()
        self.assertEqual(self.replicas(), 0)

    def test_denied_renewal_of_the_wildcard_ends_it(self):
        callback = self.wildcard()
        self.system.program("hub").stop()
        self.system.start("hub", callback_deny="*")
        self.system.request("*", callback)
        self.check_over(callback)

    def test_one_level_is_denied(self):
        below, above = self.callback("/below"), self.callback("/above")
        self.system.request("a.b", below)
        self.system.request("a", above)
        self.system.wait_decided("a.b", below)
        self.system.wait_idle()
        self.deny("A.B.*", 1)
        self.system.wait_idle()
        self.assertEqual(below.denials[0].topic, "a.b")
        self.system.push("a.b.c", b"1")
        above.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual((below.deliveries, above.denials), ([], []))


class ValidateTopic(DenialTest):
    settings = {"validate_topic": "yes"}

    def test_topic_decides(self):
        publisher = self.system.publisher()
        good = publisher.url + "/good"
        publisher.topic("/good", links={
            "Link": f'<{self.hub.url}>; rel="hub", <{good}>; rel="self"'})
        publisher.topic("/bad")
        welcome, other = self.callback("/welcome"), self.callback("/other")
        self.system.activate(good, welcome)
        self.system.request(publisher.url + "/bad", other)
        other.wait_denials()
        self.system.wait_idle()
        self.assertEqual((welcome.denials, other.verifications), ([], []))
        self.assertEqual(len(other.denials), 1)
        self.assertTrue(other.denials[0].reason)

    def test_unsubscribing_and_dotted_topics_are_not_validated(self):
        callback = self.callback()
        self.system.request("a.b", callback)
        wait_until(lambda: self.system.store.record("a.b", callback.url),
                   "it is active")
        self.hub.unsubscribe("a.b", callback.url)
        self.system.wait_gone("a.b", callback)
        self.assertEqual(callback.denials, [])


class AdminApi(DenialTest):
    def test_bad_orders_are_refused(self):
        before = self.system.redis.snapshot()
        for fields in ([], [("hub.topic", "")], [("hub.topic", "x/")],
                       [("hub.topic", TOPIC)] * 2,
                       [("hub.topic", TOPIC), ("hub.callback", "x")],
                       [("hub.topic", TOPIC), ("hub.callback", "")],
                       [("hub.topic", TOPIC), ("hub.reason", "x" * 501)],
                       [("hub.topic", TOPIC), ("hub.reason", "x")]
                       + [("hub.reason", "x")]):
            answer = self.hub.form(fields, ADMIN, "/admin/deny")
            self.assertEqual(answer.status, 400, fields)
        answer = self.hub.request("POST", "/admin/deny", b"", {
            "Authorization": f"Bearer {ADMIN}"})
        self.assertEqual(answer.status, 415)
        for token in (None, "", "admin", ADMIN + "x"):
            self.assertEqual(self.hub.deny(TOPIC, token=token).status, 401)
        self.assertEqual(self.hub.get("/admin/deny").status, 405)
        self.assertEqual(self.system.redis.snapshot(), before)

    def test_reason_of_500_bytes_arrives(self):
        callback = self.callback()
        self.system.activate(TOPIC, callback)
        self.deny(TOPIC, 1, reason="x" * 500)
        self.check_denied(callback, TOPIC, "x" * 500)

    def test_without_redis_it_is_unavailable(self):
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        self.assertEqual(self.hub.deny(TOPIC, token=ADMIN).status, 503)


class AdminApiOff(SystemTest):
    def test_without_a_token_there_is_nothing(self):
        self.start_system(roles=("hub",))
        for token in (None, "", "x"):
            answer = self.system.hub.deny(TOPIC, token=token)
            self.assertEqual(answer.status, 404)


if __name__ == "__main__":
    unittest.main()
