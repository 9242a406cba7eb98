"""The main path: subscribe, be challenged, receive what is published."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.httpd import Answer
from support.subscriber import (held, signature, status, with_newline,
                                wrong)
from support.system import SystemTest

TOPIC = "http://publisher.example/topic"


class MainPath(SystemTest):
    def setUp(self):
        self.start_system()
        self.hub = self.system.hub
        self.subscriber = self.system.subscriber()

    def active(self, path="/cb", query="", topic=TOPIC, **options):
        """A callback with an active subscription."""
        callback = self.subscriber.callback(path, query)
        self.system.activate(topic, callback, **options)
        return callback


class Subscribing(MainPath):
    def test_request_is_answered_202_with_an_empty_body(self):
        callback = self.subscriber.callback("/cb")
        answer = self.hub.subscribe(TOPIC, callback.url)
        self.assertEqual((answer.status, answer.body), (202, b""))
        self.system.wait_active(TOPIC, callback)

    def test_challenge_carries_what_the_contract_says(self):
        callback = self.active(lease="7200")
        asked = callback.verifications[0]
        self.assertEqual(asked.request.method, "GET")
        self.assertEqual(asked.fields["hub.mode"], "subscribe")
        self.assertEqual(asked.fields["hub.topic"], TOPIC)
        self.assertEqual(asked.fields["hub.lease_seconds"], "7200")
        self.assertRegex(asked.challenge, rb"^[0-9a-f]{64}$")
        self.assertEqual(len(callback.verifications), 1)

    def test_alias_path_and_unknown_parameters_are_fine(self):
        callback = self.subscriber.callback("/cb")
        answer = self.hub.form(
            [("hub.verify", "sync"), ("hub.verify_token", "x"), ("foo", "1"),
             ("hub.foo", ""), ("hub.mode", "subscribe"),
             ("hub.topic", TOPIC), ("hub.callback", callback.url)],
            path="/subscriptions")
        self.assertEqual(answer.status, 202)
        self.system.wait_active(TOPIC, callback)

    def test_leases_are_defaulted_and_clamped(self):
        for asked, granted in ((None, 432000), ("", 432000), ("1", 3600),
                               ("7200", 7200), ("99999999", 864000),
                               ("9" * 40, 864000)):
            with self.subTest(asked=asked):
                callback = self.active("/lease" + str(asked)[:9], lease=asked)
                record = self.system.store.record(TOPIC, callback.url)
                self.assertEqual(record.lease_s, granted)
                self.assertEqual(
                    callback.verifications[0].fields["hub.lease_seconds"],
                    str(granted))

    def test_201_with_the_challenge_confirms(self):
        callback = self.subscriber.callback("/cb", confirm=[status(201)])
        self.system.activate(TOPIC, callback)

    def test_refusals_leave_no_subscription(self):
        moved = {"Location": self.subscriber.url + "/elsewhere"}
        refusals = {"wrong": wrong, "newline": with_newline,
                    "empty": lambda challenge: Answer(200),
                    "longer": lambda challenge: Answer(200, challenge + b"0"),
                    "redirect": status(302, moved), "404": status(404)}
        witness = self.active("/witness")
        refused = {name: self.subscriber.callback("/" + name, confirm=[how])
                   for name, how in refusals.items()}
        for callback in refused.values():
            self.system.request(TOPIC, callback)
        for callback in refused.values():
            self.system.wait_decided(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        witness.wait_deliveries()
        self.system.wait_idle()
        for name, callback in refused.items():
            with self.subTest(refusal=name):
                self.assertEqual(len(callback.verifications), 1)
                self.assertIsNone(
                    self.system.store.record(TOPIC, callback.url))
                self.assertEqual(callback.deliveries, [])
        self.assertEqual(self.subscriber.strays, [], "redirect was followed")

    def test_callback_query_is_kept_byte_for_byte(self):
        query = "?b=2&a=1&x=%20+%2f%2F&hub.mode=mine&e=&&f"
        callback = self.active("/cb", query)
        target = callback.verifications[0].request.target
        self.assertTrue(target.startswith("/cb" + query + "&hub."), target)
        self.system.push(TOPIC, b"1")
        self.assertEqual(callback.wait_deliveries()[0].target, "/cb" + query)

    def test_callback_path_is_kept_byte_for_byte(self):
        for path in ("/a/../b//./c;d=%7e%2f%2F", "/.", "/%2e%2e/"):
            with self.subTest(path=path):
                callback = self.active(path, "?q")
                target = callback.verifications[0].request.target
                self.assertTrue(target.startswith(path + "?q&hub."), target)
                self.system.push(TOPIC, b"1")
                self.assertEqual(callback.wait_deliveries()[0].target,
                                 path + "?q")

    def test_a_callback_without_a_path_is_the_root(self):
        callback = self.active("/", "?q=/")
        bare = self.subscriber.url + "?q=/"
        answer = self.system.hub.unsubscribe(TOPIC, callback.url)
        self.assertEqual(answer.status, 202)
        self.system.wait_gone(TOPIC, callback)
        callback.url = bare
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        self.assertEqual(callback.wait_deliveries()[0].target, "/?q=/")

    def test_two_spellings_of_a_topic_are_one(self):
        callback = self.active(topic="http://publisher.example/%41%7Eb")
        self.system.push("http://publisher.example/A~b", b"1")
        callback.wait_deliveries()

    def test_newest_of_many_requests_decides(self):
        callback = self.subscriber.callback("/cb")
        for number in range(20):
            self.system.request(TOPIC, callback, secret=f"s{number}")
        self.system.wait_decided(TOPIC, callback)
        self.system.wait_idle()
        self.system.push(TOPIC, b"1")
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature("s19", b"1"))
        self.system.wait_idle()
        self.assertEqual(len(callback.deliveries), 1)


class Renewing(MainPath):
    def test_renewal_takes_the_new_secret(self):
        callback = self.active(secret="old")
        self.system.activate(TOPIC, callback, secret="new")
        self.system.push(TOPIC, b"body")
        self.system.wait_idle()
        self.assertEqual(
            [d.headers["X-Hub-Signature"] for d in callback.deliveries],
            [signature("new", b"body")])

    def test_renewal_without_secret_ends_the_signature(self):
        callback = self.active(secret="old")
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"body")
        delivery = callback.wait_deliveries()[0]
        self.assertIsNone(delivery.headers["X-Hub-Signature"])

    def test_failed_renewal_changes_nothing(self):
        callback = self.active(secret="old", lease="7200")
        before = vars(self.system.store.record(TOPIC, callback.url))
        callback.next_confirm(wrong)
        self.system.request(TOPIC, callback, secret="new", lease="9000")
        self.system.wait_decided(TOPIC, callback)
        after = vars(self.system.store.record(TOPIC, callback.url))
        self.assertEqual(before, after)
        self.system.push(TOPIC, b"body")
        self.assertEqual(
            callback.wait_deliveries()[0].headers["X-Hub-Signature"],
            signature("old", b"body"))

    def test_old_state_counts_while_the_renewal_is_asked(self):
        callback = self.active(secret="old")
        gate = self.gate()
        callback.next_confirm(held(gate))
        self.system.request(TOPIC, callback, secret="new")
        callback.wait_verifications(2)
        self.system.push(TOPIC, b"body")
        self.assertEqual(
            callback.wait_deliveries()[0].headers["X-Hub-Signature"],
            signature("old", b"body"))


class Unsubscribing(MainPath):
    def test_nothing_arrives_once_it_is_verified(self):
        callback, witness = self.active("/cb"), self.active("/witness")
        answer = self.hub.unsubscribe(TOPIC, callback.url)
        self.assertEqual((answer.status, answer.body), (202, b""))
        self.system.wait_gone(TOPIC, callback)
        asked = callback.verifications[1]
        self.assertEqual(asked.fields["hub.mode"], "unsubscribe")
        self.assertEqual(asked.fields["hub.topic"], TOPIC)
        self.system.push(TOPIC, b"1")
        witness.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(callback.deliveries, [])

    def test_unconfirmed_one_leaves_the_subscription(self):
        callback = self.active()
        callback.next_confirm(status(404))
        self.assertEqual(
            self.hub.unsubscribe(TOPIC, callback.url).status, 202)
        self.system.wait_decided(TOPIC, callback, "u")
        self.assertEqual(len(callback.verifications), 2)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()

    def test_unknown_one_is_accepted_and_asks_nobody(self):
        witness = self.subscriber.callback("/witness")
        unknown = self.subscriber.callback("/unknown")
        self.assertEqual(self.hub.unsubscribe(TOPIC, unknown.url).status, 202)
        self.system.activate(TOPIC, witness)
        self.system.wait_idle()
        self.assertEqual(unknown.verifications, [])

    def test_subscribing_after_it_starts_anew(self):
        callback = self.active()
        self.hub.unsubscribe(TOPIC, callback.url)
        self.system.wait_gone(TOPIC, callback)
        self.system.activate(TOPIC, callback)
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()


class ContentPush(MainPath):
    def test_answer_names_the_event(self):
        answer = self.system.push(TOPIC, b"{}")
        event = json.loads(answer.body)["id"]
        self.assertRegex(event, r"^\d+-\d+-\d+$")
        self.assertEqual(answer.headers["Location"], "/events/" + event)
        self.assertEqual(answer.headers["Link"],
                         f'<{self.hub.url}>; rel="hub"')

    def test_delivery_is_exact(self):
        callback = self.active()
        body = bytes(range(256)) * 64
        kind = 'application/x-Thing;  charset="UTF-8"; a=b'
        self.system.push(TOPIC, body, kind)
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.method, "POST")
        self.assertEqual(delivery.body, body)
        self.assertEqual(delivery.headers.get_all("Content-Type"), [kind])
        self.assertEqual(
            delivery.headers.get_all("Link"),
            [f'<{self.hub.url}>; rel="hub", <{TOPIC}>; rel="self"'])
        self.assertRegex(
            delivery.headers["User-Agent"],
            r"^websubd/\S+ \(\+" + self.hub.url.replace(".", r"\."))
        self.assertIsNone(delivery.headers["X-Hub-Signature"])
        self.assertIsNone(delivery.headers["Expect"])

    def test_empty_body_is_content_too(self):
        callback = self.active(secret="s")
        self.system.push(TOPIC, b"", "text/plain")
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.body, b"")
        self.assertEqual(delivery.headers["X-Hub-Signature"],
                         signature("s", b""))

    def test_body_of_the_largest_size_arrives(self):
        callback = self.active()
        body = b"x" * 1048576
        self.system.push(TOPIC, body, "text/plain")
        self.assertEqual(callback.wait_deliveries()[0].body, body)

    def test_secret_signs_the_exact_body(self):
        secret = "s3cret \u00e4 & = + %"
        callback = self.active(secret=secret)
        self.system.push(TOPIC, b'{"a": 1}\n')
        delivery = callback.wait_deliveries()[0]
        self.assertEqual(delivery.headers.get_all("X-Hub-Signature"),
                         [signature(secret, b'{"a": 1}\n')])

    def test_only_the_topics_own_subscribers_get_it(self):
        mine = self.active("/mine")
        other = self.active("/other", topic=TOPIC + "/2")
        self.system.push(TOPIC, b"1")
        mine.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(other.deliveries, [])

    def test_every_event_arrives_once(self):
        callbacks = [self.active(f"/cb{n}") for n in range(5)]
        sent = [b"%d" % n for n in range(50)]
        for body in sent:
            self.system.push(TOPIC, body)
        self.system.wait_idle()
        for callback in callbacks:
            self.assertEqual(sorted(callback.bodies()), sorted(sent))

    def test_event_without_subscribers_leaves_no_work(self):
        self.system.push(TOPIC, b"1")
        self.system.wait_idle()
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_settled_events_are_no_longer_referred_to(self):
        callback = self.active()
        self.system.push(TOPIC, b"1")
        callback.wait_deliveries()
        self.system.wait_idle()
        self.assertEqual(self.system.store.events_kept(), 0)


class ServicePages(MainPath):
    def test_root_serves_machines_and_people(self):
        machine = self.hub.get("/", {"Accept": "application/json"})
        self.assertEqual(machine.status, 200)
        self.assertEqual(json.loads(machine.body)["service"], "hub")
        self.assertEqual(machine.headers["Link"],
                         f'<{self.hub.url}>; rel="hub"')
        people = self.hub.get("/", {"Accept": "text/html"})
        self.assertEqual(people.status, 200)

    def test_every_program_reports_its_state(self):
        for role in ("hub", "spreader", "deliver"):
            with self.subTest(role=role):
                page = type(self.hub)(
                    self.system.program(role).status_address())
                self.assertEqual(page.get("/healthz").body.strip(), b"ok")
                self.assertEqual(page.get("/readyz").body.strip(), b"ready")
                metrics = page.get("/metrics")
                self.assertEqual(metrics.status, 200)
                self.assertIn(b"# TYPE websubd_", metrics.body)


if __name__ == "__main__":
    unittest.main()
