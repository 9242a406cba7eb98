"""Errors as JSON and as text: both name every wrong parameter at once."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

JSON = "application/json"
TOPIC = "http://publisher.example/topic"
CALLBACK = "http://subscriber.example/cb"
GOOD = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.callback": CALLBACK}

# What is changed of a good request (None leaves a parameter out), and the
# pairs of code and parameter that it must be told.
REFUSED = {
    "mode missing":
        ({"hub.mode": None}, [("missing-attributes-error", "hub.mode")]),
    "mode unknown":
        ({"hub.mode": "denied"}, [("unknown-mode-error", "hub.mode")]),
    "topic missing":
        ({"hub.topic": None}, [("missing-attributes-error", "hub.topic")]),
    "topic empty":
        ({"hub.topic": ""}, [("missing-attributes-error", "hub.topic")]),
    "topic no URL":
        ({"hub.topic": "/x"}, [("topic-validation-error", "hub.topic")]),
    "callback missing":
        ({"hub.callback": None},
         [("missing-attributes-error", "hub.callback")]),
    "callback no URL":
        ({"hub.callback": "ftp://a/"},
         [("callback-url-validation-error", "hub.callback")]),
    "callback on an address that is not public":
        ({"hub.callback": "http://127.0.0.1/"},
         [("callback-url-validation-error", "hub.callback")]),
    "lease of zero":
        ({"hub.lease_seconds": "0"},
         [("lease-seconds-validation-error", "hub.lease_seconds")]),
    "long secret":
        ({"hub.secret": "x" * 200},
         [("secret-validation-error", "hub.secret")]),
    "nothing but a mode":
        ({"hub.topic": None, "hub.callback": None},
         [("missing-attributes-error", "hub.topic"),
          ("missing-attributes-error", "hub.callback")]),
    "nothing at all":
        ({"hub.mode": None, "hub.topic": None, "hub.callback": None},
         [("missing-attributes-error", "hub.mode"),
          ("missing-attributes-error", "hub.topic"),
          ("missing-attributes-error", "hub.callback")]),
    "all wrong":
        ({"hub.mode": "x", "hub.topic": "x/", "hub.callback": "x",
          "hub.lease_seconds": "x", "hub.secret": "x" * 200},
         [("unknown-mode-error", "hub.mode"),
          ("topic-validation-error", "hub.topic"),
          ("callback-url-validation-error", "hub.callback"),
          ("lease-seconds-validation-error", "hub.lease_seconds"),
          ("secret-validation-error", "hub.secret")]),
    "a missing one stands before a bad one":
        ({"hub.topic": "x/", "hub.callback": None},
         [("missing-attributes-error", "hub.callback"),
          ("topic-validation-error", "hub.topic")]),
    "unsubscribe":
        ({"hub.mode": "unsubscribe", "hub.topic": "x/", "hub.callback": "x",
          "hub.lease_seconds": "x"},
         [("topic-validation-error", "hub.topic"),
          ("callback-url-validation-error", "hub.callback")]),
}


class JsonErrors(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",), subscribe_token="",
                          hub_only={"allow_private_networks": "no"})
        self.hub = self.system.hub

    def errors(self, answer, status):
        """The list of a refusal, whose members are checked."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], JSON)
        found = json.loads(answer.body)
        self.assertEqual(set(found), {"errors"})
        for error in found["errors"]:
            self.assertEqual(set(error) - {"source"},
                             {"status", "code", "title", "detail"})
            self.assertEqual(error["status"], status)
            self.assertRegex(error["detail"], r"\A[A-Zh][^\n]+\.\Z")
        return found["errors"]

    def named(self, answer, status=400):
        """The pairs of code and parameter."""
        return [(error["code"], error.get("source", {}).get("parameter"))
                for error in self.errors(answer, status)]

    def test_every_wrong_parameter_is_named(self):
        before = self.system.redis.snapshot()
        for name, (change, expected) in REFUSED.items():
            with self.subTest(row=name):
                fields = [(key, value) for key, value
                          in {**GOOD, **change}.items() if value is not None]
                answer = self.hub.form(fields, accept=JSON)
                self.assertEqual(self.named(answer), expected)
                text = self.hub.form(fields)
                self.assertEqual(text.status, 400)
                self.assertEqual(text.headers["Content-Type"],
                                 "text/plain; charset=utf-8")
                self.assertEqual(text.body.decode(), "".join(
                    error["detail"] + "\n"
                    for error in json.loads(answer.body)["errors"]))
        self.assertEqual(self.system.redis.snapshot(), before)

    def test_doubled_ones_are_named(self):
        fields = list(GOOD.items())
        doubled = fields + fields[1:] + [("hub.secret", "a")] * 2
        self.assertEqual(self.named(self.hub.form(doubled, accept=JSON)), [
            ("topic-validation-error", "hub.topic"),
            ("callback-url-validation-error", "hub.callback"),
            ("secret-validation-error", "hub.secret")])

    def test_every_bad_topic_of_an_announcement_is_named(self):
        answer = self.hub.form(
            [("hub.mode", "publish"), ("hub.url", "x"), ("hub.url", TOPIC),
             ("hub.topic", "http://a.example/#f"), ("hub.url", "")],
            accept=JSON)
        self.assertEqual(self.named(answer), [
            ("missing-attributes-error", "hub.url"),
            ("topic-validation-error", "hub.url"),
            ("topic-validation-error", "hub.topic")])
        details = [e["detail"] for e in self.errors(answer, 400)]
        self.assertEqual(details[2],
                         "hub.topic (topic 3 of 4) has a fragment.")
        self.assertEqual(self.named(self.hub.form(
            [("hub.url", "x")], accept=JSON)), [
                ("missing-attributes-error", "hub.mode"),
                ("topic-validation-error", "hub.url")])

    def test_accept_decides(self):
        for accept, kind in ((None, "text/plain"), ("*/*", "text/plain"),
                             ("text/html", "text/plain"),
                             ("application/json, text/plain, */*",
                              "text/plain"),
                             ("application/json, */*", JSON),
                             ("text/html;q=0.5, application/*", JSON),
                             ("application/json;q=0.4, text/plain;q=0.5",
                              "text/plain")):
            with self.subTest(accept=accept):
                answer = self.hub.form([], accept=accept)
                self.assertEqual(answer.status, 400)
                self.assertEqual(
                    answer.headers["Content-Type"].split(";")[0], kind)

    def test_other_refusals_are_told_too(self):
        accept = {"Accept": JSON}
        for status, code, answer in (
                (404, "not-found", self.hub.get("/nothing", accept)),
                (405, "method-not-allowed",
                 self.hub.request("DELETE", "/", headers=accept)),
                (415, "unsupported-media-type",
                 self.hub.request("POST", "/", b"{}", accept)),
                (400, "bad-request",
                 self.hub.request("POST", "/", b"a=%zz", {
                     "Content-Type": "application/x-www-form-urlencoded",
                     **accept})),
                (400, "bad-request",
                 self.hub.request("POST", "/publish?a=%zz", b"", accept)),
                (404, "not-found",
                 self.hub.request("POST", "/admin/deny", b"", accept)),
                (404, "not-found", self.hub.topic(TOPIC, accept))):
            with self.subTest(code=code):
                self.assertEqual(self.errors(answer, status)[0]["code"], code)
        answer = self.hub.request("DELETE", "/", headers=accept)
        self.assertIn("POST", answer.headers["Allow"])

    def test_push_names_its_topic(self):
        answer = self.hub.request("POST", "/publish?hub.topic=x/", b"",
                                  {"Accept": JSON})
        self.assertEqual(self.named(answer),
                         [("topic-validation-error", "hub.topic")])

    def test_an_address_that_is_not_public_names_the_setting(self):
        for field in ("hub.topic", "hub.callback"):
            answer = self.hub.form(list({
                **GOOD, field: "http://[fd12::1]:8080/"}.items()))
            self.assertIn("allow_private_networks", answer.body.decode())

    def test_push_of_many_topics_says_that_it_needs_a_whole_one(self):
        for topic in ("orders.*", "orders.", "*", "orders.*.created", "a*"):
            with self.subTest(topic=topic):
                answer = self.hub.push(topic, b"")
                self.assertEqual(answer.status, 400)
                self.assertIn("a push needs a whole topic",
                              answer.body.decode())

    def test_a_body_that_is_too_large_names_the_setting(self):
        answer = self.hub.push("orders", b"x" * (1 << 20) + b"x")
        self.assertEqual(answer.status, 413)
        self.assertIn("max_body_bytes", answer.body.decode())

    def test_redis_that_has_gone_is_told(self):
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        for answer in (self.hub.form(list(GOOD.items()), accept=JSON),
                       self.hub.topic(TOPIC, {"Accept": JSON})):
            self.assertEqual(self.named(answer, 503),
                             [("service-unavailable", None)])
            self.assertEqual(answer.headers["Retry-After"], "5")


class Tokens(SystemTest):
    def test_who_may_not_ask_is_told_nothing_else(self):
        hub = self.start_system(roles=("hub",), subscribe_token="t",
                                publish_token="t", admin_token="t").hub
        for fields, path in (([("hub.mode", "subscribe")], "/"),
                             ([("hub.mode", "publish")], "/"),
                             ([], "/admin/deny")):
            answer = hub.form(fields, path=path, accept=JSON)
            self.assertEqual(answer.status, 401)
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
            errors = json.loads(answer.body)["errors"]
            self.assertEqual([e["code"] for e in errors], ["unauthorized"])


if __name__ == "__main__":
    unittest.main()
