"""WebSub sections 5.1 and 5.1.2, as subscribers meet them: what identifies a
subscription, what is kept as it was given, what is ignored."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.subscriber import held, signature, status, wrong
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"

QUERIES = {
    "space": "?a=%20b%20",
    "plus": "?a=+b+&c=%2B",
    "repeated": "?a=2&a=1&a=2&b=&a",
    "hub-names": "?hub.mode=mine&hub.topic=http://x/&hub.challenge=123"
                 "&hub.lease_seconds=1",
    "case-of-escapes": "?a=%2f%2F%c3%A4",
    "unreserved-escapes": "?%61=%7Eb",
    "reserved": "?a=/?:@!$&'()*,;=b",
    "empty": "?",
    "ampersands": "?&&a&&",
}

TAKEN = {
    "charset": ("application/x-www-form-urlencoded; charset=utf-8", ""),
    "hub.verify": (None, "&hub.verify=sync&hub.verify=async"),
    "hub.verify_token": (None, "&hub.verify_token=a%20token"),
    "others": (None, "&foo=bar&foo=&hub.foo=1&hub.&=x"),
    "hub.challenge": (None, "&hub.challenge=mine&hub.reason=none"),
    "empty-optional": (None, "&hub.secret=&hub.lease_seconds="),
}


NO_DOTTED = ("a..b", ".a", "..", ".", "a.b..", "*.b", "a.*.b", "a*", "*a",
             "a.b*", "**", "a.**", "a.*.", "*.", "a b", "a.b\u00e4", "a.b,c",
             "a%2Eb")


class Websub(SystemTest):
    def setUp(self):
        self.start_system()
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", query="", topic=TOPIC, **options):
        callback = self.subscriber.callback(path, query)
        self.system.activate(topic, callback, **options)
        return callback


class Requests(Websub):
    def test_what_clients_add_is_taken_and_ignored(self):
        for name, (kind, extra) in TAKEN.items():
            with self.subTest(name=name):
                callback = self.subscriber.callback("/" + name)
                body = ("hub.mode=subscribe&hub.topic=" + TOPIC +
                        "&hub.callback=" + callback.url + extra)
                answer = self.hub.request("POST", "/", body, {
                    "Content-Type": kind or
                    "application/x-www-form-urlencoded"})
                self.assertEqual((answer.status, answer.body), (202, b""))
                record = self.system.wait_active(TOPIC, callback)
                self.assertEqual(record.secret, b"-")
                self.assertEqual(record.lease_s, 432000)

    def test_lease_of_an_unsubscription_is_ignored(self):
        for lease in ("0", "-1", "abc", "9" * 50):
            with self.subTest(lease=lease):
                callback = self.active()
                answer = self.hub.subscribe(TOPIC, callback.url, lease=lease,
                                            mode="unsubscribe")
                self.assertEqual(answer.status, 202)
                self.system.wait_gone(TOPIC, callback)

    def test_answer_comes_before_the_verification_and_is_the_same(self):
        gate = self.gate()
        outcomes = {"/held": held(gate), "/wrong": wrong,
                    "/404": status(404), "/500": status(500)}
        for path, confirm in outcomes.items():
            with self.subTest(path=path):
                callback = self.subscriber.callback(path, confirm=[confirm])
                answer = self.hub.subscribe(TOPIC, callback.url)
                self.assertEqual((answer.status, answer.body), (202, b""))
        nobody = self.subscriber.url.rsplit(":", 1)[0] + ":9/cb"
        answer = self.hub.subscribe(TOPIC, nobody)
        self.assertEqual((answer.status, answer.body), (202, b""))
        gate.set()

    def test_unsubscribing_reveals_nothing(self):
        callback = self.active()
        known = self.hub.unsubscribe(TOPIC, callback.url)
        unknown = self.hub.unsubscribe(TOPIC + "/other", callback.url)
        for answer in (known, unknown):
            self.assertEqual((answer.status, answer.body), (202, b""))
        self.assertEqual(sorted(known.headers), sorted(unknown.headers))

    def test_errors_are_plain_text(self):
        for fields in ([("hub.mode", "bend")],
                       [("hub.mode", "subscribe"), ("hub.topic", "x y"),
                        ("hub.callback", "ftp://x/")],
                       [("hub.mode", "publish"), ("hub.url", "no-url at all")]):
            with self.subTest(fields=fields):
                answer = self.hub.form(fields)
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.headers["Content-Type"],
                                 "text/plain; charset=utf-8")
                self.assertTrue(answer.body.strip())
                self.assertNotIn(b"<", answer.body)

    def test_what_is_no_dotted_topic_is_refused(self):
        callback = self.subscriber.callback("/cb")
        before = self.system.redis.snapshot()
        for topic in NO_DOTTED:
            with self.subTest(topic=topic):
                answer = self.hub.subscribe(topic, callback.url)
                self.assertEqual(answer.status, 400)
                self.assertIn(b"hub.topic", answer.body)
        for topic in NO_DOTTED + ("*", "a.*", "a."):
            with self.subTest(pushed=topic):
                self.assertEqual(self.hub.push(topic, b"1").status, 400)
        self.assertEqual(self.system.redis.snapshot(), before)

    def test_https_urls_are_taken(self):
        callback = "https" + self.subscriber.url[4:] + "/cb"
        answer = self.hub.subscribe("https://publisher.example/t", callback)
        self.assertEqual(answer.status, 202)
        # Our server speaks no TLS: that it is called is all it can see.
        wait_until(lambda: self.subscriber.connections, "it is asked")


class Identity(Websub):
    def test_every_spelling_of_a_topic_is_one_subscription(self):
        callback = self.active(topic="http://publisher.example/%7euser/%2D%41")
        self.system.activate("http://publisher.example/~user/-A", callback)
        for topic in ("http://publisher.example/~user/-A",
                      "http://publisher.example/%7Euser/%2d%41",
                      "http://publisher.example/~%75ser/-%41"):
            self.system.push(topic, topic.encode())
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 3)
        self.assertEqual(len(set(callback.bodies())), 3)

    def test_nothing_but_unreserved_characters_is_decoded(self):
        base = "http://publisher.example/a%2Fb?q=%20"
        callback = self.active(topic=base)
        for other in ("http://publisher.example/a/b?q=%20",
                      "http://publisher.example/a%2fb?q=%20",
                      "http://publisher.example/a%2Fb?q=+",
                      "http://Publisher.example/a%2Fb?q=%20",
                      "https://publisher.example/a%2Fb?q=%20",
                      "http://publisher.example:80/a%2Fb?q=%20",
                      "http://publisher.example/a%2Fb?q=%20&"):
            self.system.push(other, other.encode())
        self.system.push(base, b"mine")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"mine"])

    def test_topic_is_asked_for_as_it_was_spelled(self):
        topic = "http://publisher.example/%7euser/%41?x=%20+%2f"
        callback = self.active(topic=topic)
        self.assertEqual(callback.verifications[0].fields["hub.topic"], topic)

    def test_spellings_of_a_callback_are_one_and_the_last_is_used(self):
        callback = self.active("/cb~")
        respelled = self.subscriber.callback("/%63b%7E")
        self.system.activate(TOPIC, respelled)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)
        self.assertEqual(callback.deliveries, [])
        self.assertEqual([d.target for d in respelled.deliveries],
                         ["/%63b%7E"])

    def test_callbacks_that_differ_in_their_query_are_two(self):
        first = self.active("/cb", "?a=1")
        second = self.subscriber.callback("/cb", "?a=2")
        self.system.activate(TOPIC, second)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(first.deliveries, [])
        self.assertEqual({d.target for d in second.deliveries},
                         {"/cb?a=1", "/cb?a=2"})

    def test_queries_are_kept_byte_for_byte(self):
        for name, query in QUERIES.items():
            with self.subTest(name=name):
                callback = self.active("/" + name, query)
                target = callback.verifications[0].request.target
                self.assertTrue(
                    target.startswith(f"/{name}{query}&hub.mode=subscribe&"),
                    target)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        for name, query in QUERIES.items():
            with self.subTest(delivery=name):
                callback = self.subscriber.resources["/" + name]
                self.assertEqual([d.target for d in callback.deliveries],
                                 [f"/{name}{query}"])

    def test_callback_without_query_gets_one(self):
        callback = self.active()
        self.assertTrue(callback.verifications[0].request.target
                        .startswith("/cb?hub.mode=subscribe&"))
        self.system.push(TOPIC, b"1")
        self.assertEqual(callback.wait_deliveries()[0].target, "/cb")


class Again(Websub):
    def test_subscribing_again_gives_one_notification(self):
        callback = self.active(secret="one", lease="4000")
        self.system.activate(TOPIC, callback, secret="two", lease="5000")
        self.system.activate(TOPIC, callback)
        self.system.activate(TOPIC, callback, secret="four", lease="7000")
        self.assertEqual(len(callback.verifications), 4)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual([d.headers["X-Hub-Signature"]
                          for d in callback.deliveries],
                         [signature("four", b"1")])
        record = self.system.store.record(TOPIC, callback.url)
        self.assertEqual(record.lease_s, 7000)
        self.assertEqual(self.system.store.subscribers(TOPIC), 1)

    def test_secret_comes_and_goes_with_the_renewals(self):
        callback = self.active()
        for number, secret in enumerate(("first", None, "second", "second",
                                         "third", None)):
            self.system.activate(TOPIC, callback, secret=secret)
            body = b"%d" % number
            self.system.push(TOPIC, body)
            delivery = callback.wait_deliveries(number + 1)[-1]
            self.assertEqual(
                delivery.headers["X-Hub-Signature"],
                None if secret is None else signature(secret, body))

    def test_subscribing_after_unsubscribing_gives_one_notification(self):
        callback = self.active(secret="old")
        self.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        self.system.push(TOPIC, b"missed")
        self.system.wait_idle()
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(callback.bodies(), [b"1"])
        self.assertIsNone(callback.deliveries[0].headers["X-Hub-Signature"])


if __name__ == "__main__":
    unittest.main()
