"""Thousands of names of one machine that hangs, or of a name server that is
silent, leave enough for the others.

With WEBSUBD_SLOW=1 at full size, as the label slow has it: then it prints how
long a good delivery and a good verification take meanwhile, in ms."""

import os
import socket
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.dns import Dns, Name
from support.silent import raise_file_limit
from support.system import SystemTest
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
LONG_MS = 120000  # longer than the tests wait: nothing is freed by a timeout
SLOW = bool(os.environ.get("WEBSUBD_SLOW"))
NAMES, SLOTS = (20000, 1024) if SLOW else (600, 64)
GOOD = 20 if SLOW else 3


class OneAddress(SystemTest):
    def start(self, **settings):
        raise_file_limit()
        self.dns = Dns()
        self.addCleanup(self.dns.close)
        self.dns.otherwise = self.answer
        self.silent = socket.create_server(("127.0.0.3", 0), backlog=4096)
        self.addCleanup(self.silent.close)
        self.start_system(**{"shards": 2, "timeout_ms": LONG_MS,
                             "connect_timeout_ms": LONG_MS,
                             "concurrency": SLOTS, "per_address": 128,
                             "dns_servers": self.dns.address, **settings})
        self.good = self.system.subscriber("127.0.0.2")
        self.callback = self.good.callback("/healthy")
        self.system.request(TOPIC, self.callback)
        self.system.push(TOPIC, b"first")
        wait_until(lambda: self.push_one(b"first"), "it is active, and proven")

    def answer(self, name):
        return Name(silent=True) if name.endswith("silent.test") else Name(
            "127.0.0.3")

    def push_one(self, body):
        self.system.push(TOPIC, body)
        return self.callback.deliveries

    def subscribe_bad(self, domain):
        port = self.silent.getsockname()[1]
        for n in range(NAMES):
            self.system.hub.subscribe(f"{TOPIC}/{n}",
                                      f"http://n{n}.{domain}:{port}/cb")

    def wait_for_attack(self):
        wait_until(lambda: self.system.program("deliver").metric(
            "websubd_deliver_waiting") > 300, "they wait for their address")

    def check_good(self, what, reason=None):
        """One after the other, while all of the others hang."""
        if reason is not None:
            self.assertGreater(self.system.program("deliver").metric(
                "websubd_http_requests_refused_total"
                f'{{reason="{reason}"}}'), 0)
        deliveries = [self.timed(self.deliver_one) for _ in range(GOOD)]
        verifications = [self.timed(lambda n=n: self.verify_one(n))
                         for n in range(GOOD)]
        if SLOW:
            print(f"\n{what}: a delivery {max(deliveries):.1f} ms, a "
                  f"verification {max(verifications):.1f} ms at most")
        for program in self.system.programs:
            program.kill()  # attempts that hang would keep them from draining

    @staticmethod
    def timed(act):
        start = time.monotonic()
        act()
        return (time.monotonic() - start) * 1000

    def deliver_one(self):
        before = len(self.callback.deliveries)
        self.system.push(TOPIC, b"event")
        self.callback.wait_deliveries(before + 1)

    def verify_one(self, n):
        """At an address where nobody has responded yet."""
        server = self.system.subscriber(f"127.0.1.{n + 1}")
        callback = server.callback("/new")
        self.system.request(TOPIC + "/new", callback)
        callback.wait_verifications()

    def test_names_of_one_machine_that_hangs(self):
        self.start()
        self.subscribe_bad("bad.test")
        self.wait_for_attack()
        self.check_good("one machine")

    def test_names_of_many_domains_and_one_machine(self):
        self.start()
        self.dns.otherwise = lambda name: Name("127.0.0.3")
        port = self.silent.getsockname()[1]
        for n in range(NAMES):
            self.system.hub.subscribe(f"{TOPIC}/{n}",
                                      f"http://bad{n}.test:{port}/cb")
        self.wait_for_attack()
        self.check_good("many domains", "address-full")

    def test_names_whose_name_server_is_silent(self):
        self.start()
        self.subscribe_bad("silent.test")
        self.wait_for_attack()
        self.check_good("silent name server")

    def test_verifications_have_a_rate(self):
        """Of 30 for one machine, which responds at once, 20 a second begin."""
        self.start(verify_rate=20)
        others = [self.good.callback(f"/{n}") for n in range(30)]
        for callback in others:
            self.system.request(TOPIC + "/rate", callback)
        wait_until(lambda: self.system.program("deliver").metric(
            "websubd_deliver_waiting") > 0, "some wait")
        for callback in others:
            callback.wait_verifications()


if __name__ == "__main__":
    unittest.main()
