"""Every row of "Responses to bad input" of docs/PROTOCOL.md, sent as raw bytes.

A refused request changes nothing: all that is in Redis is compared before and
after each.  Only the hub runs, so nothing else writes.
"""

import sys
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.isolated import isolated_hub_answer
from support.keys import digest
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http%3A%2F%2Fpublisher.example%2Ftopic"
PLAIN = "http://publisher.example/topic"
CALLBACK = "http%3A%2F%2Fsubscriber.example%2Fcb"
SUBSCRIBE = f"hub.mode=subscribe&hub.topic={TOPIC}&hub.callback={CALLBACK}"
UNSUBSCRIBE = SUBSCRIBE.replace("=sub", "=unsub")
FORM = "application/x-www-form-urlencoded"
BODY_MAX = 20000


def http(method, target, body=b"", headers=("Host: hub",)):
    """A well-formed request."""
    head = [f"{method} {target} HTTP/1.1", *headers,
            f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def form(text, kind=FORM):
    body = text if isinstance(text, bytes) else text.encode()
    return http("POST", "/", body, ("Host: hub", f"Content-Type: {kind}"))


def push(query, body=b"{}"):
    return http("POST", "/publish" + query, body,
                ("Host: hub", "Content-Type: application/json"))


def push_with_key(*keys):
    return http("POST", f"/publish?hub.topic={TOPIC}", b"{}",
                ("Host: hub", *(f"Idempotency-Key: {key}" for key in keys)))


def subscribe(**fields):
    """A subscription with some fields replaced, given percent-encoded; None
    leaves one out."""
    parts = {"mode": "subscribe", "topic": TOPIC, "callback": CALLBACK}
    parts.update(fields)
    return form("&".join(f"hub.{name}={value}"
                         for name, value in parts.items()
                         if value is not None))


def url(text):
    """Percent-encodes a URL for a form or a query."""
    return quote(text, safe=":/?@[]")


GET = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Type: " + FORM.encode()

BROKEN_HTTP = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "bare LF after the request line": b"GET / HTTP/1.1\nHost: hub\r\n\r\n",
    "bare LF after a header": GET + b"Host: hub\nAccept: */*\r\n\r\n",
    "bare LF at the end": GET + b"Host: hub\r\n\n",
    "folded header": GET + b"Host: hub\r\nAccept: a\r\n b\r\n\r\n",
    "space before the colon": GET + b"Host: hub\r\nAccept : a\r\n\r\n",
    "header without a colon": GET + b"Host: hub\r\nAccept\r\n\r\n",
    "zero byte in a header": GET + b"Host: hub\r\nAccept: \0\r\n\r\n",
    "no Host": GET + b"Accept: */*\r\n\r\n",
    "two Hosts": GET + b"Host: hub\r\nHost: hub\r\n\r\n",
    "two equal Content-Lengths":
        POST + b"\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "two Content-Lengths":
        POST + b"\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "list of Content-Lengths": POST + b"\r\nContent-Length: 2, 2\r\n\r\nab",
    "signed Content-Length": POST + b"\r\nContent-Length: +2\r\n\r\nab",
    "negative Content-Length": POST + b"\r\nContent-Length: -2\r\n\r\nab",
    "Content-Length of letters": POST + b"\r\nContent-Length: two\r\n\r\nab",
    "Content-Length and chunks":
        POST + b"\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nab\r\n0\r\n\r\n",
    "other Transfer-Encoding":
        POST + b"\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked is not last":
        POST + b"\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunk size of letters":
        POST + b"\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\nab\r\n",
    "chunk size with a prefix":
        POST + b"\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
    "chunk longer than it said":
        POST + b"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
}

LARGE_HEADERS = {
    "one long header":
        GET + b"Host: hub\r\nX: " + b"x" * 20000 + b"\r\n\r\n",
    "many fields":
        GET + b"Host: hub\r\n"
        + b"".join(b"X-%d: 1\r\n" % n for n in range(101)) + b"\r\n",
}

INCOMPLETE = {
    "half a request line": b"GET / HT",
    "half the headers": GET + b"Host: hub\r\n",
    "half the body": POST + b"\r\nContent-Length: 100\r\n\r\nhub.mode=sub",
}

LARGE_BODIES = {
    "by its length": http("POST", "/", b"x" * (BODY_MAX + 1),
                          ("Host: hub", f"Content-Type: {FORM}")),
    "content pushed": push(f"?hub.topic={TOPIC}", b"x" * (BODY_MAX + 1)),
    "announced only":
        POST + b"\r\nContent-Length: 99999999999\r\n\r\n",
    "announced beyond 64 bits":
        POST + b"\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "by its chunks":
        POST + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1000\r\n" + b"x" * 4096 + b"\r\n"
        + b"ffff\r\n" + b"x" * 65535 + b"\r\n0\r\n\r\n",
}

UNKNOWN_PATHS = {
    path: http("GET", path)
    for path in ("/nothing", "/publish/", "//", "/subscriptions/1",
                 "/healthz/..", "/%2e%2e")
}

OTHER_METHODS = {
    ("DELETE", "/"): {"GET", "POST"},
    ("PUT", "/"): {"GET", "POST"},
    ("GET", "/publish"): {"POST"},
    ("PATCH", "/publish"): {"POST"},
    ("GET", "/subscriptions"): {"POST"},
    ("POST", "/healthz"): {"GET"},
    ("POST", "/readyz"): {"GET"},
}

NO_FORMS = {
    "JSON": form("{}", "application/json"),
    "multipart": form("", "multipart/form-data; boundary=x"),
    "longer name": form(SUBSCRIBE, FORM + "x"),
    "no type": http("POST", "/", SUBSCRIBE.encode()),
    "empty type": form(SUBSCRIBE, ""),
}

BAD_ENCODING = {
    "broken escape": form(SUBSCRIBE + "&a=%zz"),
    "escape cut short": form(SUBSCRIBE + "&a=%4"),
    "lone percent sign": form(SUBSCRIBE + "&a=%"),
    "broken escape in a name": form(SUBSCRIBE + "&%g1=a"),
    "no UTF-8": form(SUBSCRIBE.encode() + b"&a=\xff\xfe"),
    "no UTF-8, escaped": form(SUBSCRIBE + "&a=%C3%28"),
    "overlong UTF-8": form(SUBSCRIBE + "&a=%C0%AF"),
    "surrogate": form(SUBSCRIBE + "&a=%ED%A0%80"),
    "zero byte": form(SUBSCRIBE.encode() + b"&a=\0"),
    "zero byte, escaped": form(SUBSCRIBE + "&a=%00"),
    "257 fields": form(SUBSCRIBE + "&a=1" * 254),
    "broken escape in a push": push(f"?hub.topic={TOPIC}&a=%zz"),
    "no UTF-8 in a push": push("?hub.topic=http://a.example/%FF%FE&a=%FF"),
    "zero byte in a push": push(f"?hub.topic={TOPIC}%00"),
}

BAD_MODES = {
    "missing": subscribe(mode=None),
    "empty": subscribe(mode=""),
    "unknown": subscribe(mode="denied"),
    "other case": subscribe(mode="Subscribe"),
    "doubled": form(SUBSCRIBE + "&hub.mode=subscribe"),
    "only a body of nothing": form(""),
}

MISSING_FIELDS = {
    "topic missing": subscribe(topic=None),
    "topic empty": subscribe(topic=""),
    "topic doubled": form(SUBSCRIBE + f"&hub.topic={TOPIC}"),
    "callback missing": subscribe(callback=None),
    "callback empty": subscribe(callback=""),
    "callback doubled": form(SUBSCRIBE + f"&hub.callback={CALLBACK}"),
    "unsubscribe without topic":
        form(f"hub.mode=unsubscribe&hub.callback={CALLBACK}"),
    "unsubscribe without callback":
        form(f"hub.mode=unsubscribe&hub.topic={TOPIC}"),
    "publish without a topic": form("hub.mode=publish"),
    "publish of an empty topic": form("hub.mode=publish&hub.url="),
    "publish with one empty": form(
        f"hub.mode=publish&hub.url={TOPIC}&hub.topic="),
    "publish of 101 topics": form(
        "hub.mode=publish" + f"&hub.url={TOPIC}" * 101),
    "push without a topic": push(""),
    "push with another parameter": push("?topic=" + TOPIC),
    "push of an empty topic": push("?hub.topic="),
    "push of two topics": push(f"?hub.topic={TOPIC}&hub.topic={TOPIC}2"),
}

BAD_URLS = (
    "publisher.example/topic", "/topic", "//publisher.example/", "ftp://a/b",
    "http:/a.example", "http:a.example", "http://", "http:///path", "https://",
    "javascript:alert(1)", "http://a.example/#fragment", "http://a.example/#",
    "http://user@a.example/", "http://user:word@a.example/", "http://@a.example/",
    "http://a.example:0/", "http://a.example:65536/", "http://a.example:80x/",
    "http://a.example:-1/", "http://a.example/a b", "http://a.example/\t",
    "http://a.example/\u00e4", "http://\u00e4.example/", "http://a.example/\x7f",
    'http://a.example/"', "http://a.example/<b>", "http://a.example/\\",
    "http://a.example/^", "http://a.example/`", "http://a.example/{x}",
    "http://a.example/a|b", "http://a.example/%", "http://a.example/%4",
    "http://a.example/%gg", "http://a.example/\r\nX: y", " http://a.example/",
    "http://a_b@c.example/", "http://[::1/", "http://[zz]/", "http://a..b/x y",
    "http://a.example/" + "x" * 2048,
)

LITERALS = (
    "127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]",
    "[fd12::1]", "[ff02::1]", "[2001:db8::1]", "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]", "[64:ff9b::a00:1]", "[2002:7f00:1::1]",
)

BAD_LEASES = ("0", "00", "-1", "%2B5", "1.5", "1e3", "abc", "5s", "+5", "0x10",
              "%20", "5%20", "5&hub.lease_seconds=5")

BAD_ORDERS = ("", "1", "yes", "True", "TRUE", "%20true", "true%20", "truefalse",
              "true&hub.websubd.ordered=true",
              "false&hub.websubd.ordered=true")

BAD_HASHES = ("", "md5", "sha-1", "SHA1", "sha256,sha1", "%20sha1",
              "sha1&hub.websubd.signature=sha1")

BAD_HEADERS = ("", "yes", "Standard", "standard-webhooks",
               "standard&hub.websubd.headers=standard")

BAD_VERIFY_TOKENS = ("x" * 1025, "a&hub.verify_token=a")

BAD_SECRETS = ("x" * 200, "x" * 1000, "%C3%A4" * 100, "a&hub.secret=b")


BAD_KEYS = ("", "x" * 256, "a b", "a\tb", "\u00e4", "a, b")


class BadInput(SystemTest):
    """Rows that any hub refuses."""

    def setUp(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          max_body_bytes=BODY_MAX,
                          hub_only={"allow_private_networks": "no"})
        self.hub = self.system.hub
        # Something to spoil: a request that waits, an announcement, an event.
        for good in (form(SUBSCRIBE + "&hub.secret=old"),
                     form(f"hub.mode=publish&hub.url={TOPIC}"),
                     push(f"?hub.topic={TOPIC}")):
            answer, closes = self.hub.raw(good)
            self.assertIn(answer.status, (202, 204), answer)
            closes(0.01)
        self.before = self.system.redis.snapshot()

    def refuse(self, data, status, closed=False):
        """Sends the bytes: refused with that status and sentences, one a
        line, and nothing changed."""
        answer, closes = self.hub.raw(data)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"],
                         "text/plain; charset=utf-8")
        text = answer.body.decode()
        self.assertRegex(text, r"\A([^\n<>]{8,}\.\n)+\Z", "is sentences")
        self.assertEqual(closes() if closed else closes(0.01), closed)
        self.assertEqual(self.system.redis.snapshot(), self.before)
        return answer

    def refuse_all(self, rows, status, closed=False):
        for name, data in rows.items():
            with self.subTest(row=name):
                self.refuse(data, status, closed)
        self.assertEqual(self.hub.get("/healthz").status, 200)

    def test_broken_http(self):
        self.refuse_all(BROKEN_HTTP, 400, closed=True)

    def test_version_that_is_not_served(self):
        for version in ("2.0", "9.9", "0.9"):
            with self.subTest(version=version):
                self.refuse(f"GET / HTTP/{version}\r\nHost: hub\r\n\r\n"
                            .encode(), 505, closed=True)

    def test_large_headers(self):
        self.refuse_all(LARGE_HEADERS, 431, closed=True)

    def test_long_request_line(self):
        self.refuse(b"GET /?" + b"x" * 8200 + b" HTTP/1.1\r\nHost: hub\r\n\r\n",
                    414, closed=True)

    def test_request_that_is_not_completed(self):
        self.system.program("hub").stop()
        self.system.start("hub", request_timeout_ms=500)
        self.refuse_all(INCOMPLETE, 408, closed=True)

    def test_large_body(self):
        self.refuse_all(LARGE_BODIES, 413, closed=True)

    def test_unknown_path(self):
        self.refuse_all(UNKNOWN_PATHS, 404)

    def test_other_method(self):
        for (method, path), allowed in OTHER_METHODS.items():
            with self.subTest(method=method, path=path):
                answer = self.refuse(http(method, path), 405)
                allow = set(answer.headers["Allow"].replace(" ", "")
                            .split(","))
                self.assertEqual(allow - {"HEAD", "OPTIONS"}, allowed)

    def test_other_content_type(self):
        self.refuse_all(NO_FORMS, 415)

    def test_bad_encoding(self):
        self.refuse_all(BAD_ENCODING, 400)

    def test_bad_mode(self):
        self.refuse_all(BAD_MODES, 400)

    def test_missing_empty_and_doubled_fields(self):
        self.refuse_all(MISSING_FIELDS, 400)

    def test_bad_url(self):
        for bad in BAD_URLS:
            with self.subTest(url=bad[:80]):
                self.refuse(subscribe(topic=url(bad)), 400)
                self.refuse(subscribe(callback=url(bad)), 400)
                self.refuse(push("?hub.topic=" + url(bad)), 400)
                self.refuse(form(f"hub.mode=publish&hub.url={TOPIC}"
                                 f"&hub.url={url(bad)}"), 400)

    def test_literal_address_outside_global_unicast(self):
        for host in LITERALS:
            with self.subTest(host=host):
                bad = f"http://{host}/x"
                self.refuse(subscribe(callback=bad), 400)
                self.refuse(subscribe(topic=bad), 400)
                self.refuse(form("hub.mode=publish&hub.url=" + bad), 400)

    def test_bad_lease(self):
        for lease in BAD_LEASES:
            with self.subTest(lease=lease):
                self.refuse(subscribe(lease_seconds=lease), 400)

    def test_bad_ordered(self):
        for ordered in BAD_ORDERS:
            with self.subTest(ordered=ordered):
                self.refuse(form(SUBSCRIBE + "&hub.websubd.ordered="
                                 + ordered), 400)

    def test_bad_signature_headers_and_verify_token(self):
        for name, values in (("hub.websubd.signature", BAD_HASHES),
                             ("hub.websubd.headers", BAD_HEADERS),
                             ("hub.verify_token", BAD_VERIFY_TOKENS)):
            for value in values:
                with self.subTest(name=name, value=value[:40]):
                    answer = self.refuse(
                        form(f"{SUBSCRIBE}&{name}={value}"), 400)
                    self.assertIn(name, answer.body.decode())

    def test_bad_secret(self):
        for secret in BAD_SECRETS:
            with self.subTest(secret=secret[:20]):
                self.refuse(subscribe(secret=secret), 400)

    def test_bad_idempotency_key(self):
        for key in BAD_KEYS:
            with self.subTest(key=key[:20]):
                self.refuse(push_with_key(key), 400)
        self.refuse(push_with_key("a", "a"), 400)

    def test_first_row_that_fails_is_the_answer(self):
        for data, status in (
                (form("x" * (BODY_MAX + 1)), 413),
                (form("x" * (BODY_MAX + 1), "text/plain"), 415),
                (http("POST", "/nothing", b"x" * (BODY_MAX + 1)), 404),
                (http("DELETE", "/nothing"), 404),
                (form("hub.mode=%zz", "text/plain"), 415),
                (http("DELETE", "/", b"{}"), 405)):
            with self.subTest(data=data[:40], status=status):
                self.refuse(data, status, closed=len(data) > BODY_MAX)


class Accepted(SystemTest):
    """What stands next to a refused row, and is fine."""

    def setUp(self):
        self.start_system(roles=("hub",), publish_open="yes",
                          max_body_bytes=BODY_MAX)

    def test_neighbours_of_refused_rows_are_accepted(self):
        fine = {
            "type with parameters": form(SUBSCRIBE, FORM + "; charset=utf-8"),
            "type in capitals": form(SUBSCRIBE, FORM.upper()),
            "256 fields": form(SUBSCRIBE + "&a=1" * 253),
            "secret of 199 bytes": subscribe(secret="x" * 199),
            "empty secret": subscribe(secret=""),
            "empty lease": subscribe(lease_seconds=""),
            "lease too large for the machine":
                subscribe(lease_seconds="9" * 100),
            "URL of 2,048 bytes": subscribe(
                callback=url("http://a.example/" + "x" * 2031)),
            "lease is ignored on unsubscribe":
                form(UNSUBSCRIBE + "&hub.lease_seconds=no"),
            "ordered": form(SUBSCRIBE + "&hub.websubd.ordered=true"),
            "not ordered": form(SUBSCRIBE + "&hub.websubd.ordered=false"),
            **{f"signature {name}": form(
                SUBSCRIBE + "&hub.websubd.signature=" + name)
               for name in ("sha1", "sha256", "sha384", "sha512")},
            **{f"headers {name}": form(
                SUBSCRIBE + "&hub.websubd.headers=" + name)
               for name in ("standard", "websub")},
            "choices are ignored on unsubscribe": form(
                UNSUBSCRIBE + "&hub.websubd.signature=md5"
                "&hub.websubd.headers=no"),
            "verify token of 1,024 bytes": form(
                SUBSCRIBE + "&hub.verify_token=" + "x" * 1024),
            "ordered is ignored on unsubscribe":
                form(UNSUBSCRIBE + "&hub.websubd.ordered=maybe"),
            "secret is ignored on unsubscribe":
                form(UNSUBSCRIBE + "&hub.secret=" + "x" * 300),
            "100 topics": form(
                "hub.mode=publish" + f"&hub.url={TOPIC}" * 100),
            "key of 255 bytes": push_with_key("x" * 255),
            "key of all that is visible": push_with_key(
                "".join(chr(byte) for byte in range(0x21, 0x7f))),
            "body of the largest size":
                push(f"?hub.topic={TOPIC}", b"x" * BODY_MAX),
            "chunked body":
                POST + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"%x\r\n%s\r\n0\r\n\r\n" % (len(SUBSCRIBE),
                                               SUBSCRIBE.encode()),
        }
        for name, data in fine.items():
            with self.subTest(row=name):
                answer, closes = self.system.hub.raw(data)
                announced = b"hub.mode=publish" in data
                self.assertEqual(answer.status, 204 if announced else 202,
                                 answer)
                closes(0.01)

    def test_pipelined_requests_are_answered_in_order(self):
        data = http("GET", "/healthz") + form(SUBSCRIBE) + http("GET", "/no")
        link = self.system.hub.stream(data)
        self.addCleanup(link.close)
        self.assertEqual([link.answer().status for _ in range(3)],
                         [200, 202, 404])


class Policies(SystemTest):
    """Rows that depend on a setting."""

    def test_lease_policy_reject_refuses_what_is_out_of_range(self):
        hub = self.start_system(roles=("hub",), lease_policy="reject").hub
        before = self.system.redis.snapshot()
        for lease in ("3599", "31536001", "9" * 40):
            answer, _ = hub.raw(subscribe(lease_seconds=lease))
            self.assertEqual(answer.status, 400, lease)
        self.assertEqual(self.system.redis.snapshot(), before)
        answer, _ = hub.raw(subscribe(lease_seconds="3600"))
        self.assertEqual(answer.status, 202)

    def test_push_without_token_is_refused_beyond_loopback(self):
        self.start_system(roles=())
        answers = isolated_hub_answer(self.system.redis.url, [
            push(f"?hub.topic={TOPIC}"), form(SUBSCRIBE)])
        if answers is None:
            self.skipTest("no network namespace can be made here")
        self.assertEqual(answers, [403, 202])


class RedisFails(SystemTest):
    """503, with the time to come back."""

    ROWS = (form(SUBSCRIBE), form(f"hub.mode=publish&hub.url={TOPIC}"),
            push(f"?hub.topic={TOPIC}"))

    def setUp(self):
        self.start_system(roles=("hub",), publish_open="yes")
        # An announcement of what nobody subscribes to leaves nothing behind.
        self.system.redis.call(
            "HSET", self.system.store.key(PLAIN, "sub:" + digest(PLAIN)),
            "x" * 22, "1 9999999999 3600 1 - http://subscriber.example/ -")

    def statuses(self):
        """What each row is answered, checking the form of a 503."""
        got = []
        for data in self.ROWS:
            answer, closes = self.system.hub.raw(data)
            closes(0.01)
            if answer.status == 503:
                self.assertEqual(answer.headers["Retry-After"], "5")
                self.assertEqual(answer.headers["Content-Type"],
                                 "text/plain; charset=utf-8")
            got.append(answer.status)
        return set(got)

    def test_redis_refuses_the_write(self):
        redis = self.system.redis
        before = redis.snapshot()
        redis.call("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual(self.statuses(), {503})
        self.assertEqual(redis.snapshot(), before)
        redis.call("CONFIG", "SET", "maxmemory", "0")
        # The hub itself refuses content until it has looked again.
        wait_until(lambda: self.statuses() == {202, 204}, "all is taken again")

    def test_redis_does_not_answer(self):
        self.system.redis.freeze()
        self.addCleanup(self.system.redis.thaw)
        self.assertEqual(self.statuses(), {503})
        self.assertEqual(self.system.hub.get("/healthz").status, 200)

    def test_redis_has_gone(self):
        self.system.redis.stop()
        self.addCleanup(self.system.redis.start)
        self.assertEqual(self.statuses(), {503})
        self.assertEqual(self.system.hub.get("/readyz").status, 503)


if __name__ == "__main__":
    unittest.main()
