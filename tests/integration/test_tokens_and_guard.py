"""Who may ask, and whom the programs may contact."""

import socket
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"


class Tokens(SystemTest):
    def setUp(self):
        self.start_system(hub_only={"publish_token": "pub-token",
                                    "subscribe_token": "sub-token"})
        self.hub = self.system.hub
        self.callback = self.system.subscriber().callback("/cb")

    def assert_unauthorized(self, answer):
        self.assertEqual(answer.status, 401, answer)
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(answer.headers["Content-Type"],
                         "text/plain; charset=utf-8")

    def test_wrong_token_is_refused(self):
        before = self.system.redis.snapshot()
        for token in (None, "", "sub", "sub-tokenx", "SUB-TOKEN"):
            with self.subTest(token=token):
                for ask in (self.hub.subscribe, self.hub.unsubscribe):
                    self.assert_unauthorized(
                        ask(TOPIC, self.callback.url, token=token))
                self.assert_unauthorized(
                    self.hub.announce(TOPIC, token=token))
                self.assert_unauthorized(
                    self.hub.push(TOPIC, b"1", token=token))
        self.assert_unauthorized(self.hub.push(TOPIC, b"1",
                                               token="sub-token"))
        self.assertEqual(self.system.redis.snapshot(), before)

    def test_other_schemes_are_refused(self):
        for value in ("Basic c3ViLXRva2Vu", "sub-token", "Bearer"):
            answer = self.hub.request(
                "POST", "/publish?hub.topic=http%3A%2F%2Fa.example%2F", b"1",
                {"Authorization": value})
            self.assert_unauthorized(answer)

    def test_right_token_serves(self):
        self.system.activate(TOPIC, self.callback, token="sub-token")
        self.system.push(TOPIC, b"1", token="pub-token")
        self.callback.wait_deliveries()
        self.system.announce(TOPIC, token="pub-token")
        answer = self.hub.unsubscribe(TOPIC, self.callback.url,
                                      token="sub-token")
        self.assertEqual(answer.status, 202)
        self.system.wait_gone(TOPIC, self.callback)

    def test_pages_need_no_token(self):
        for path in ("/", "/healthz", "/readyz"):
            self.assertEqual(self.hub.get(path).status, 200)


class TokenFiles(SystemTest):
    def write(self, name, text):
        path = Path(self.folder) / name
        path.write_text(text)
        path.chmod(0o640)
        return str(path)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.folder = folder.name
        self.addCleanup(folder.cleanup)
        self.start_system(hub_only={
            "publish_token": "of-setting",
            "publish_tokens_file": self.write("publish", "old\n"),
            "admin_tokens_file": self.write("admin", "root\n"),
            "admin_read_tokens_file": self.write("read", "reader\n"),
        })
        self.hub = self.system.hub

    def push(self, token):
        return self.hub.push(TOPIC, b"1", token=token).status

    def admin(self, method, path, token):
        return self.hub.request(method, path, headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-www-form-urlencoded"})

    def test_tokens_are_exchanged_without_a_restart(self):
        self.assertEqual([self.push(token) for token in
                          ("of-setting", "old", "new", "root")],
                         [202, 202, 401, 401])
        self.write("publish", "# both for a while\nold\nnew\n")
        wait_until(lambda: self.push("new") == 202, "the new one counts")
        self.assertEqual(self.push("old"), 202)
        self.write("publish", "new\n")
        wait_until(lambda: self.push("old") == 401, "the old one is out")
        self.assertEqual(self.push("new"), 202)

    def test_a_file_that_breaks_changes_nothing_and_is_told(self):
        hub = self.system.program("hub")
        self.write("publish", "")
        hub.wait_event("tokens-unusable")
        self.assertEqual((self.push("old"), self.push("")), (202, 401))
        self.write("publish", "new\n")
        wait_until(lambda: self.push("new") == 202, "the new one counts")

    def test_a_file_that_was_open_to_others_counts_once_it_is_not(self):
        path = Path(self.folder) / "new"
        path.write_text("new\n")
        path.chmod(0o644)
        path.rename(Path(self.folder) / "publish")
        told = self.system.program("hub").wait_event("tokens-unusable")
        self.assertIn("chmod o=", told["why"])
        self.assertEqual((self.push("old"), self.push("new")), (202, 401))
        (Path(self.folder) / "publish").chmod(0o640)
        wait_until(lambda: self.push("new") == 202, "the new one counts")
        self.assertEqual(self.push("old"), 401)

    def test_a_token_for_reading_changes_nothing(self):
        for path in ("/admin/shards", "/admin/instances", "/admin/suspended"):
            self.assertEqual(self.admin("GET", path, "reader").status, 200)
            self.assertEqual(self.admin("HEAD", path, "reader").status, 200)
            self.assertEqual(self.admin("GET", path, "root").status, 200)
            self.assertEqual(self.admin("GET", path, "old").status, 401)
        for path in ("/admin/deny", "/admin/dead-letters/purge",
                     "/admin/dead-letters/replay",
                     "/admin/instances/x/restart"):
            response = self.admin("POST", path, "reader")
            self.assertEqual(response.status, 403, path)
            self.assertIn(b"for reading only", response.body)
            self.assertNotIn(self.admin("POST", path, "root").status,
                             (401, 403), path)


class OpenPush(SystemTest):
    """Who may push where publishing has no token."""

    def push(self, **headers):
        headers = {name.replace("_", "-"): value
                   for name, value in headers.items()}
        return self.system.hub.request(
            "POST", "/publish?hub.topic=a.b", b"1", headers).status

    def pushers(self):
        return self.system.program("hub").events("content-push")[0]["for"]

    def test_a_hub_that_is_wholly_local_takes_what_comes_from_here(self):
        self.start_system()
        self.assertEqual(self.pushers(), "this machine")
        self.assertEqual(self.push(), 202)
        self.assertEqual(self.push(Origin="http://127.0.0.1:3000"), 202)
        for host in ("localhost", "LOCALHOST:8080", "127.0.0.2:1", "[::1]:80",
                     "hub", "hub:8080", ""):
            self.assertEqual(self.push(Host=host), 202, host)
        for name, value in (("X-Forwarded-For", "203.0.113.7"),
                            ("X-Forwarded-For", ""),
                            ("Forwarded", "for=203.0.113.7"),
                            ("X-Forwarded-Proto", "https"),
                            ("X-Forwarded-Host", "hub.example"),
                            ("X-Real-IP", "203.0.113.7"),
                            ("Via", "1.1 proxy"),
                            ("Origin", "https://evil.example"),
                            ("Origin", "http://127.0.0.1.evil.example"),
                            ("Origin", "null"),
                            ("Host", "hub.example"),
                            ("Host", "127.0.0.1.evil.example:80"),
                            ("Host", "192.0.2.1"), ("Host", "[2001:db8::1]"),
                            ("Host", "hub.")):
            with self.subTest(name=name, value=value):
                self.assertEqual(self.push(**{name: value}), 403)

    def test_a_public_url_closes_it(self):
        self.start_system(public_url="https://hub.example/")
        self.assertEqual(self.pushers(), "nobody")
        response = self.system.hub.push(TOPIC, b"1")
        self.assertEqual(response.status, 403)
        self.assertIn(b"publish_token", response.body)
        self.assertEqual(self.system.store.events_kept(), 0)

    def test_a_unix_socket_is_where_proxies_come_from(self):
        self.start_system(roles=("spreader",))
        path = tempfile.mktemp(prefix="websubd-")
        self.addCleanup(Path(path).unlink, missing_ok=True)
        hub = self.system.start("hub", wait=False, listen=f"unix:{path}")
        hub.wait_event("ready")
        self.assertEqual(hub.wait_event("content-push")["for"], "nobody")
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(path)
            link.sendall(b"POST /publish?hub.topic=a.b HTTP/1.1\r\n"
                         b"Host: localhost\r\nContent-Length: 1\r\n\r\n1")
            self.assertIn(b" 403 ", link.recv(65536).split(b"\r\n")[0])

    def test_the_operator_may_open_it(self):
        self.start_system(public_url="https://hub.example/",
                          publish_open="yes")
        self.assertEqual(self.pushers(), "everybody")
        self.assertEqual(self.push(Via="1.1 proxy", Host="hub.example"), 202)


class Guard(SystemTest):
    """allow_private_networks=no: strangers name the addresses."""

    def asked_and_given_up(self, callback_url):
        """Waits until deliver has dealt with the request: it is decided, or
        waits for its next attempt."""
        redis, store = self.system.redis, self.system.store

        def dealt_with():
            asked = store.key(TOPIC, "verify")
            info = redis.call("XINFO", "GROUPS", asked)
            group = dict(zip(info[0][::2], info[0][1::2])) if info else None
            last = redis.call("XREVRANGE", asked, "+", "-", "COUNT", 1)
            return group and group[b"pending"] == 0 and (
                not last or last[0][0] == group[b"last-delivered-id"])
        wait_until(dealt_with, f"{callback_url} is dealt with")

    def try_callback(self, target):
        """A callback at `target`: refused, or accepted and never
        contacted."""
        callback = f"http://{target}/cb"
        answer = self.system.hub.subscribe(TOPIC, callback)
        self.assertIn(answer.status, (202, 400))
        if answer.status == 202:
            self.asked_and_given_up(callback)
        return answer.status

    def test_literal_callback_is_refused(self):
        self.start_system(allow_private_networks="no")
        port = self.system.subscriber().port
        for host in ("127.0.0.1", "[::1]", "10.1.2.3"):
            self.assertEqual(self.try_callback(f"{host}:{port}"), 400)

    def test_name_of_a_loopback_address_is_never_contacted(self):
        self.start_system(allow_private_networks="no")
        server = self.system.subscriber()
        self.assertEqual(self.try_callback(f"localhost:{server.port}"), 202)
        self.assertEqual(server.connections, 0)

    def test_other_spellings_of_an_address_are_never_contacted(self):
        self.start_system(allow_private_networks="no")
        server = self.system.subscriber()
        for host in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1",
                     "127.0.0.1.", "[::ffff:127.0.0.1]", "0", "LOCALHOST",
                     "localhost."):
            with self.subTest(host=host):
                self.try_callback(f"{host}:{server.port}")
        self.assertEqual(server.connections, 0)

    def test_deliver_guards_even_when_the_hub_does_not(self):
        self.start_system(deliver_only={"allow_private_networks": "no"})
        server = self.system.subscriber()
        self.assertEqual(self.try_callback(f"127.0.0.1:{server.port}"), 202)
        self.assertEqual(self.try_callback(f"localhost:{server.port}"), 202)
        self.assertEqual(server.connections, 0)

    def test_deliver_guards_deliveries_of_older_subscriptions(self):
        self.start_system(max_attempts=2)
        server = self.system.subscriber()
        callback = server.callback("/cb")
        self.system.activate(TOPIC, callback)
        self.system.program("deliver").stop()
        before = server.connections
        self.system.start("deliver", allow_private_networks="no")
        self.system.push(TOPIC, b"1")
        wait_until(lambda: self.system.store.dead_letters(TOPIC),
                   "the delivery is given up")
        self.assertEqual(server.connections, before)

    def test_proxy_of_the_environment_is_not_used(self):
        self.start_system(roles=("hub", "spreader"),
                          hub_only={"allow_private_networks": "no"})
        proxy = self.system.subscriber()
        url = f"http://127.0.0.1:{proxy.port}"
        self.system.start("deliver", allow_private_networks="no", extra_env={
            "http_proxy": url, "https_proxy": url, "all_proxy": url,
            "ALL_PROXY": url})
        self.assertEqual(self.try_callback(f"localhost:{proxy.port}"), 202)
        self.assertEqual(proxy.connections, 0)

    def test_topic_by_name_is_never_contacted(self):
        self.start_system(max_attempts=2,
                          spreader_only={"allow_private_networks": "no"})
        publisher = self.system.publisher()
        callback = self.system.subscriber().callback("/cb")
        for host in ("localhost", "127.0.0.1"):
            with self.subTest(host=host):
                topic = f"http://{host}:{publisher.port}/feed"
                self.system.activate(topic, callback)
                self.system.announce(topic)
                wait_until(lambda t=topic: self.system.store.fetch_state(t)
                           .get(b"error"), "the refusal is noted")
        self.system.wait_idle()
        self.assertEqual(publisher.connections, 0)


if __name__ == "__main__":
    unittest.main()
