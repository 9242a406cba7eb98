#!/usr/bin/env python3
"""Subscriptions into a hub and out of it, as JSON lines, on the real programs.

    WEBSUBD_BIN=build/release/bin python3 bench/transfer.py --count 1000000

Prints how long one import of all, the same import again and one export take, the
most memory that the hub has had, and the longest answer of /readyz meanwhile; with
--reshard N then how long they take to move to N shards."""

import argparse
import http.client
import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support import programs
from support.system import System

TOKEN = "operator"
HEADERS = {"Authorization": f"Bearer {TOKEN}",
           "Content-Type": "application/x-ndjson"}
BATCH = 1000  # lines, of what is sent at a time


def lines(count):
    for first in range(0, count, BATCH):
        yield "".join(
            json.dumps({"topic": f"https://topic.example/{n % 10000}",
                        "callback": f"https://subscriber.example/{n}"}) + "\n"
            for n in range(first, min(first + BATCH, count))).encode()


class Watch(threading.Thread):
    """Asks /readyz again and again."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.hub, self.longest_s, self.is_over = hub, 0, False
        self.start()

    def run(self):
        while not self.is_over:
            began = time.monotonic()
            self.hub.get("/readyz")
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            time.sleep(0.01)

    def end(self):
        self.is_over = True
        self.join()


def ask(system, method, path, body=None):
    """Returns the response, to be read."""
    connection = http.client.HTTPConnection(system.hub.address, timeout=3600)
    connection.request(method, path, body, HEADERS)
    return connection.getresponse()


def timed(system, what, action):
    watch = system.watch
    watch.longest_s = 0
    began = time.monotonic()
    result = action()
    print(f"{what}: {time.monotonic() - began:.1f} s, {result}; hub "
          f"{system.program('hub').peak_kb() / 1024:.0f} MiB at most, /readyz "
          f"{1000 * watch.longest_s:.0f} ms at most", flush=True)


def bring(system, count):
    response = ask(system, "POST", "/admin/import", lines(count))
    told = json.loads(response.read())
    return f"{told['imported']} imported, {told['unchanged']} unchanged"


def take(system):
    response = ask(system, "GET", "/admin/export")
    rows, size = 0, 0
    while piece := response.read(1 << 20):
        rows += piece.count(b"\n")
        size += len(piece)
    return f"{rows} lines, {size / 1e6:.0f} MB"


def redis_mib(system, name="used_memory"):
    info = system.redis.call("INFO", "memory").decode()
    return int(info.split(f"{name}:")[1].split("\r\n")[0]) / 1048576


def move(system, shards):
    system.program("hub").stop()
    before, began = redis_mib(system), time.monotonic()
    done = programs.run("websub-hub", "--reshard", str(shards),
                        settings={"redis_url": system.redis.url_of("hub")},
                        seconds=3600)
    if done.returncode != 0:
        sys.exit(done.stderr)
    print(f"reshard: {time.monotonic() - began:.1f} s, to {shards} shards; Redis "
          f"{before:.0f} MiB before, {redis_mib(system):.0f} MiB now, "
          f"{redis_mib(system, 'used_memory_peak'):.0f} MiB at most")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100000)
    parser.add_argument("--reshard", type=int)
    options = parser.parse_args()
    with System(roles=("hub",), admin_token=TOKEN) as system:
        system.watch = Watch(system.hub)
        timed(system, "import", lambda: bring(system, options.count))
        timed(system, "again", lambda: bring(system, options.count))
        timed(system, "export", lambda: take(system))
        system.watch.end()
        if options.reshard:
            move(system, options.reshard)


if __name__ == "__main__":
    main()
