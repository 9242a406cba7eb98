"""Connections that do nothing, and clients that never finish, leave the hub to
the others.  Each client has an address of its own in 127/8."""

import os
import resource
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.system import SystemTest
from support.wait import wait_until

SLOW = bool(os.environ.get("WEBSUBD_SLOW"))
GOOD = "127.0.0.2"  # the client that behaves
GOOD_REQUESTS = 200 if SLOW else 20
LONG_MS = 600000  # nothing is freed by a timeout
HEAD = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n"
BODY = (b"POST /publish?hub.topic=a HTTP/1.1\r\nHost: hub\r\n"
        b"Content-Length: 9\r\n\r\nabc")


def raise_files(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 1000, hard), hard))


class Connections(SystemTest):
    def start(self, **settings):
        self.start_system(roles=("hub",), hub_only={
            "status_listen": "", **settings})  # metrics are the long response
        self.hub = self.system.program("hub")
        host, port = self.hub.address().rsplit(":", 1)
        self.target = (host, int(port))
        self.links = []
        self.addCleanup(self.drop)

    def drop(self):
        for link in self.links:
            link.close()
        self.links = []

    def dial(self, client, data=b""):
        link = socket.socket()
        # Who does not read is stuck soon.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(30)
        link.bind((client, 0))
        link.connect(self.target)
        self.links.append(link)
        if data:
            try:
                link.sendall(data)
            except ConnectionError:
                pass  # closed for another one
        return link

    def status(self, client, data=HEAD + b"\r\n"):
        """The status line of a response to a new connection of the client."""
        link = self.dial(client, data)
        try:
            return link.makefile("rb").readline().rstrip()
        except ConnectionError:
            return b""
        finally:
            self.links.remove(link)
            link.close()

    def check_served(self, during=lambda number: None):
        """Each good request is served, whatever comes meanwhile."""
        for number in range(GOOD_REQUESTS):
            during(number)
            self.assertEqual(self.status(GOOD), b"HTTP/1.1 200 OK")

    def metric(self, name, labels=""):
        """Asked for by a client that behaves."""
        link = self.dial(GOOD, b"GET /metrics HTTP/1.1\r\nHost: hub\r\n"
                               b"Connection: close\r\n\r\n")
        text = link.makefile("rb").read().decode()
        for line in text.splitlines():
            if line.startswith(name + (labels or " ")):
                return int(line.rsplit(" ", 1)[1])
        return 0

    def test_idle_connections_of_one_client_lock_nobody_out(self):
        most = 10000 if SLOW else 1000
        raise_files(most + 50)
        self.start(max_connections=most)
        for _ in range(most + 50):
            self.dial("127.0.0.1")
        self.check_served()
        refused = self.metric("websubd_http_refused_total",
                              '{reason="client_connections"}')
        self.assertEqual(refused, most + 50 - most // 10)
        self.assertEqual(self.metric("websubd_http_closed_total",
                                     '{state="idle"}'), 0)
        self.hub.wait_event("http-connection-refused")
        self.assertEqual(self.status("127.0.0.1"),
                         b"HTTP/1.1 429 Too Many Requests")
        self.drop()
        wait_until(lambda: self.status("127.0.0.1") == b"HTTP/1.1 200 OK",
                   "its places are free again")

    def fill(self, data, count=400):
        """Many clients, each with less than it may have."""
        for number in range(count):
            self.dial(f"127.0.1.{number % 40 + 1}", data)

    def check_makes_way(self, data, state):
        self.start(max_connections=200, request_timeout_ms=LONG_MS)
        self.fill(data)
        self.check_served(lambda number: self.dial(
            f"127.0.2.{number % 40 + 1}", data))
        # Some were closed before their first bytes came.
        closed = {name: self.metric("websubd_http_closed_total",
                                    f'{{state="{name}"}}')
                  for name in ("idle", "half_sent", "stuck")}
        self.assertGreater(closed[state], 0, closed)
        self.assertGreaterEqual(sum(closed.values()), 200, closed)
        self.assertEqual(self.metric("websubd_http_refused_total",
                                     '{reason="client_connections"}'), 0)
        self.hub.wait_event("http-connections-full")

    def test_idle_connections_of_many_clients_make_way(self):
        self.check_makes_way(b"", "idle")

    def test_half_sent_heads_make_way(self):
        self.check_makes_way(HEAD, "half_sent")

    def test_half_sent_bodies_make_way(self):
        self.check_makes_way(BODY, "half_sent")

    def test_clients_that_never_read_make_way(self):
        metrics = b"GET /metrics HTTP/1.1\r\nHost: hub\r\n\r\n"
        self.check_makes_way(metrics * 1000, "stuck")

    def test_clients_that_drip_make_way(self):
        self.start(max_connections=200, request_timeout_ms=LONG_MS)
        self.fill(HEAD, 200)
        drips = list(self.links)

        def drip(_number):
            for link in drips:
                try:
                    link.send(b"X")
                except ConnectionError:
                    pass
        self.check_served(drip)

    def test_a_trusted_proxy_has_as_many_as_it_likes(self):
        self.start(max_connections_per_client=5,
                   trusted_proxies="127.0.0.3, 127.0.4.0/24")
        for number in range(50):
            self.dial("127.0.0.3" if number % 2 else "127.0.4.9")
        for client in ("127.0.0.3", "127.0.4.9"):
            self.assertEqual(self.status(client), b"HTTP/1.1 200 OK")
        for _ in range(5):
            self.dial("127.0.0.4")
        self.assertEqual(self.status("127.0.0.4"),
                         b"HTTP/1.1 429 Too Many Requests")

    def test_a_unix_socket_has_as_many_as_it_likes(self):
        path = f"/tmp/websubd-{os.getpid()}.sock"
        self.start_system(roles=("hub",), hub_only={
            "listen": "unix:" + path, "max_connections_per_client": 1})
        self.system.program("hub").wait_event("listening")
        links = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for link in links:
            self.addCleanup(link.close)
            link.connect(path)
        for link in links:
            link.sendall(HEAD + b"\r\n")
            self.assertEqual(link.recv(15), b"HTTP/1.1 200 OK")


if __name__ == "__main__":
    unittest.main()
