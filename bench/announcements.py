#!/usr/bin/env python3
"""What bad topics and floods of announcements do to others, on the real
programs.

    WEBSUBD_BIN=build/release/bin python3 bench/announcements.py named-often
    WEBSUBD_BIN=build/release/bin python3 bench/announcements.py hang --topics 1600
    WEBSUBD_BIN=build/release/bin python3 bench/announcements.py hang --hosts 1600
    WEBSUBD_BIN=build/release/bin python3 bench/announcements.py flood
    WEBSUBD_BIN=build/release/bin python3 bench/announcements.py site

Prints how long a push of another publisher, and another announcement, take to
arrive, or what there was of fetches and connections."""

import argparse
import resource
import selectors
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.httpd import Answer
from support.system import System

PUSHED = "http://another.example/pushed"
AT_ONCE = 100  # topics of one announcement
LONGEST_S = 120
SETTINGS = {"verify": "off", "timeout_ms": 10000, "retry_base_ms": 5000,
            "retry_cap_ms": 3600000, "max_attempts": 8,
            "fetch_interval_ms": 1000}


class Silent:
    """Hosts 127.2.0.1 and up, on one port, that accept and never respond."""

    def __init__(self, count):
        self.hosts = [f"127.2.{n // 250}.{n % 250 + 1}" for n in range(count)]
        self._selector = selectors.DefaultSelector()
        self.port = 0
        for host in self.hosts:
            listener = socket.create_server((host, self.port), backlog=1024)
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            self._selector.register(listener, selectors.EVENT_READ, True)
        self.connections = self.most = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def topics(self, count):
        return [f"http://{self.hosts[n % len(self.hosts)]}:{self.port}/{n}"
                for n in range(count)]

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.data:
                    link, _ = key.fileobj.accept()
                    link.setblocking(False)
                    self._selector.register(link, selectors.EVENT_READ, False)
                    self.connections += 1
                    self.most = max(self.most, self.connections)
                elif not _received(key.fileobj):
                    self._selector.unregister(key.fileobj)
                    key.fileobj.close()
                    self.connections -= 1


def _received(link):
    try:
        return link.recv(65536)
    except OSError:
        return b""


class Bench:
    def __init__(self, system):
        self.system = system
        self.publisher = system.publisher()
        self.callback = system.subscriber().callback("/cb")
        self.other = self.publisher.topic("/other", b"0")
        for url in (self.other.url, PUSHED):
            system.activate(url, self.callback)

    def subscribe(self, urls):
        for url in urls:
            self.system.request(url, self.callback)
        self.system.wait_active(urls[-1], self.callback)

    def announce(self, urls):
        for at in range(0, len(urls), AT_ONCE):
            self.system.announce(*urls[at:at + AT_ONCE])

    def arrival_s(self, act):
        """From before `act` to the next arrival."""
        count, began = len(self.callback.deliveries), time.monotonic()
        act()
        self.callback.wait_deliveries(count + 1, LONGEST_S)
        return time.monotonic() - began

    def others(self):
        pushed = self.arrival_s(lambda: self.system.push(PUSHED, b"pushed"))
        announced = self.arrival_s(
            lambda: self.system.announce(self.other.url))
        print(f"push {pushed * 1000:.0f} ms, "
              f"announcement {announced * 1000:.0f} ms")


def named_often(bench, _):
    """One topic that hangs, 100 times in each of 100 requests."""
    topic, = Silent(1).topics(1)
    bench.subscribe([topic])
    for _ in range(100):
        bench.system.announce(*[topic] * AT_ONCE)
    bench.others()


def hang(bench, options):
    """Many topics that hang; the other publisher is known or not."""
    silent = Silent(options.hosts)
    topics = silent.topics(max(options.topics, options.hosts))
    if options.known:
        bench.arrival_s(lambda: bench.announce([bench.other.url]))
        bench.other.update(b"1")
    bench.subscribe(topics)
    bench.announce(topics)
    bench.others()
    print(f"at most {silent.most} requests at once to the hosts that hang")


def flood(bench, options):
    """One topic is announced very often."""
    urls = [bench.other.url] * AT_ONCE
    began = time.monotonic()
    for _ in range(options.announcements // AT_ONCE):
        bench.system.announce(*urls)
    took = time.monotonic() - began
    key = bench.system.store.key(bench.other.url, "fetch")
    waiting = bench.system.redis.call("ZCARD", key)
    print(f"{took:.1f} s, {waiting} waits, "
          f"{len(bench.other.fetches)} fetches so far")


def site(bench, _):
    """100 topics of one site, each of which takes 200 ms."""
    lock, now, most = threading.Lock(), [0], [0]

    def slow(_):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.2)
        with lock:
            now[0] -= 1
        return Answer(200, b"content", {"Content-Type": "text/plain"})

    urls = [bench.publisher.topic(f"/{n}").url for n in range(100)]
    for n in range(100):
        bench.publisher.resources[f"/{n}"] = slow
    bench.subscribe(urls)
    bench.announce(urls)
    bench.callback.wait_deliveries(100, LONGEST_S)
    print(f"at most {most[0]} at once")


def main():
    kinds = {"named-often": named_often, "hang": hang, "flood": flood,
             "site": site}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--topics", type=int, default=600)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--announcements", type=int, default=200_000)
    parser.add_argument("--known", action="store_true",
                        help="the other publisher has responded before")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with System(**SETTINGS) as system:
        kinds[options.kind](Bench(system), options)


if __name__ == "__main__":
    main()
