"""What is decided once the head of a request is there: its body is neither read
nor waited for, and no 100 Continue is sent."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest

FORM = "Content-Type: application/x-www-form-urlencoded"
FORM_MAX = 65536
DROPPED_MAX = 4096
BODY_MAX = 1 << 20
PUSH = "/publish?hub.topic=orders"
GOOD = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"


def bearer(token):
    return f"Authorization: Bearer {token}"


# Method, target, headers, length of the body, status.
REFUSED = (
    ("POST", "/nothing", (), 100000, 404),
    ("GET", "/nothing", (), 100000, 404),
    ("PUT", "/", (), 100000, 405),
    ("GET", "/publish", (), 100000, 405),
    ("POST", PUSH, (), 100000, 401),
    ("POST", PUSH, (bearer("wrong"),), 100000, 401),
    ("POST", PUSH, (bearer("sub"),), BODY_MAX + 1, 401),
    ("POST", PUSH, (bearer("pub"),), BODY_MAX + 1, 413),
    ("POST", PUSH, (bearer("pub"),), 10 ** 30, 413),
    ("GET", "/events/0-1-0/body", (), 100000, 401),
    ("GET", "/healthz", (), DROPPED_MAX + 1, 413),
    ("POST", "/", (), 60000, 415),
    ("POST", "/", ("Content-Type: text/plain", bearer("sub")), 60000, 415),
    ("POST", "/subscriptions", (FORM,), 60000, 401),
    ("POST", "/", (FORM, bearer("wrong")), 60000, 401),
    ("POST", "/", (FORM, bearer("wrong")), FORM_MAX + 1, 401),
    ("POST", "/", (FORM, bearer("sub")), FORM_MAX + 1, 413),
    ("POST", "/subscriptions", (FORM, bearer("pub")), FORM_MAX + 1, 413),
    ("POST", "/admin/deny", (FORM,), 60000, 401),
    ("POST", "/admin/deny", (FORM, bearer("pub")), 60000, 401),
    ("POST", "/admin/deny", (bearer("admin"),), 60000, 415),
    ("POST", "/admin/deny", (FORM, bearer("admin")), FORM_MAX + 1, 413),
    ("GET", "/admin/leader", (), 100000, 401),
    ("POST", "/admin/instances/a/restart", (bearer("admin"),),
     DROPPED_MAX + 1, 413),
)


def head(method, target, headers, framing):
    lines = [f"{method} {target} HTTP/1.1", "Host: hub", *headers, framing]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Heads(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",), hub_only={
            "publish_token": "pub", "subscribe_token": "sub",
            "admin_token": "admin"})
        self.hub = self.system.hub

    def check(self, data, status):
        """That status, the only response, and the end of the connection."""
        link = self.hub.stream(data)
        response = link.answer()
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.headers["Connection"], "close")
        self.assertTrue(link.closes())

    def test_a_body_that_nobody_will_take_is_not_waited_for(self):
        for method, target, headers, length, status in REFUSED:
            for more in ((), ("Expect: 100-continue",)):
                with self.subTest(target=target, headers=headers + more,
                                  length=length):
                    self.check(head(method, target, headers + more,
                                    f"Content-Length: {length}"), status)

    def test_nor_is_one_in_chunks(self):
        for method, target, headers, _, status in REFUSED:
            if status == 413:
                continue  # its chunks tell
            for more in ((), ("Expect: 100-continue",)):
                with self.subTest(target=target, headers=headers + more):
                    self.check(head(method, target, headers + more,
                                    "Transfer-Encoding: chunked"), status)

    def test_chunks_over_the_limit_of_a_path_are_refused_as_they_come(self):
        for target, headers, size in (
                ("/", (FORM, bearer("sub")), FORM_MAX + 1),
                (PUSH, (bearer("pub"),), BODY_MAX + 1)):
            with self.subTest(target=target):
                self.check(head("POST", target, headers,
                                "Transfer-Encoding: chunked")
                           + b"%x\r\n" % size, 413)

    def test_a_small_body_is_dropped_and_the_connection_goes_on(self):
        for method, target, headers, _, status in REFUSED:
            if status == 413:
                continue
            for length in (0, 1, DROPPED_MAX):
                with self.subTest(target=target, length=length):
                    body = b"GET /no HTTP/1.1\r\n\r\n".ljust(length)[:length]
                    link = self.hub.stream(
                        head(method, target, headers,
                             f"Content-Length: {length}") + body + GOOD)
                    self.assertEqual(link.answer().status, status)
                    self.assertEqual(link.answer().body, b"ok\n")
                    link.close()

    def test_the_response_does_not_wait_for_a_small_body_either(self):
        link = self.hub.stream(head("POST", PUSH, (), "Content-Length: 9"))
        self.assertEqual(link.answer().status, 401)
        link.send(b"123456789" + GOOD)
        self.assertEqual(link.answer().body, b"ok\n")
        link.close()

    def test_the_largest_form_is_taken(self):
        fields = b"hub.mode=publish&hub.url=http%3A%2F%2Fa.example%2F&x="
        body = fields.ljust(FORM_MAX, b"x")
        response, closes = self.hub.raw(
            head("POST", "/", (FORM, bearer("pub")),
                 f"Content-Length: {FORM_MAX}") + body)
        self.assertEqual(response.status, 204, response)
        closes(0)

    def test_who_may_is_told_to_continue(self):
        link = self.hub.stream(head("POST", PUSH, (
            bearer("pub"), "Expect: 100-continue"), "Content-Length: 2"))
        self.assertEqual(link.line(), b"HTTP/1.1 100 Continue\r\n")
        self.assertEqual(link.line(), b"\r\n")
        link.send(b"{}")
        self.assertEqual(link.answer().status, 202)
        link.close()


class Methods(SystemTest):
    def setUp(self):
        self.start_system(roles=("hub",), hub_only={"admin_token": "admin"})
        self.hub = self.system.hub

    def test_head_is_served_wherever_get_is(self):
        place = self.hub.push("orders", b"body").headers["Location"]
        self.system.program("hub").wait_event("registered")
        for path in ("/", "/?x=y", "/healthz", "/readyz", "/topics",
                     "/topics?hub.topic=http%3A%2F%2Fa.example%2F", "/nothing",
                     place, place + "/body", "/events/0-1-0", "/events/x",
                     "/publish", "/admin/dead-letters", "/admin/shards?limit=x",
                     "/admin/dead-letters/count", "/admin/suspended",
                     "/admin/gaps", "/admin/verifications", "/admin/subscription",
                     "/admin/leader"):
            for token in ("admin", "wrong"):
                with self.subTest(path=path, token=token):
                    headers = {"Authorization": f"Bearer {token}"}
                    get = self.hub.get(path, headers)
                    head = self.hub.request("HEAD", path, headers=headers)
                    self.assertEqual(head.status, get.status)
                    self.assertEqual(head.body, b"")
                    for response in (get, head):
                        del response.headers["Date"]
                    # The sentence of a 405 names the method.
                    if head.status == 405:
                        for response in (get, head):
                            del response.headers["Content-Length"]
                    self.assertEqual(head.headers.items(),
                                     get.headers.items())

    def test_no_body_follows_the_response_to_head(self):
        link = self.hub.stream(b"HEAD /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"
                               + GOOD)
        for line in (b"HTTP/1.1 200 OK\r\n",) * 2:
            self.assertEqual(link.line(), line)
            while link.line() != b"\r\n":
                pass
        self.assertEqual(link.line(), b"ok\n")
        link.close()

    def test_options_tells_what_is_served(self):
        for path, methods in (
                ("/", "POST, GET, HEAD, OPTIONS"),
                ("/publish", "POST, OPTIONS"),
                ("/publish?hub.topic=orders", "POST, OPTIONS"),
                ("/healthz", "GET, HEAD, OPTIONS"),
                ("/events/0-1-0/body", "GET, HEAD, OPTIONS"),
                ("*", "POST, GET, HEAD, OPTIONS, PUT, DELETE")):
            with self.subTest(path=path):
                response = self.hub.request("OPTIONS", path)
                self.assertEqual(response.status, 204)
                self.assertEqual(response.body, b"")
                self.assertEqual(response.headers["Allow"], methods)
        self.assertEqual(self.hub.request("OPTIONS", "/nothing").status, 404)


class Moved(SystemTest):
    def test_a_hub_that_has_moved_reads_no_forms(self):
        self.start_system(roles=("hub",), hub_only={
            "redirect_to": "https://hub.example/"})
        for target in ("/", "/subscriptions"):
            link = self.system.hub.stream(
                head("POST", target, (FORM,), "Content-Length: 60000"))
            response = link.answer()
            self.assertEqual(response.status, 308)
            self.assertEqual(response.headers["Location"],
                             "https://hub.example/")
            self.assertTrue(link.closes())


if __name__ == "__main__":
    unittest.main()
