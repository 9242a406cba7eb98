"""What a subscription and a waiting job take in Redis, all indexes included.

    PYTHONPATH=tests python3 bench/memory.py [--count N] [--jobs N] [--topics N]

A redis-server of its own; the scripts of common/store/lua do the work, as hub
(verify=off), spreader and deliver call them.  A secret has 32 bytes and is
sealed under a key ring: random bytes of the same length stand for it.  Leases end over ten days, as if they had been asked for over that time.
"""

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.keys import digest
from support.redis import Redis
from support.scripts import GROUPS, PREFIX, script_texts, request_args

CALLBACK_BYTES = 60
LEASE_S = 864000
AT_ONCE = 500
EVENT = "1700000000000-0"

# Adds up MEMORY USAGE by the part of the key before its first digest.
SUM = """
local scan = redis.call('SCAN', ARGV[1], 'COUNT', 1000)
local sums = { scan[1] }
for _, key in ipairs(scan[2]) do
    sums[#sums + 1] = string.match(key, '^[^{]*{%d+}:([^:]+)')
    sums[#sums + 1] = redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0)
end
return sums
"""


def batches(items):
    for at in range(0, len(items), AT_ONCE):
        yield items[at:at + AT_ONCE]


class Shard:
    """One shard, and the scripts on it."""

    def __init__(self):
        self.redis = Redis("--appendonly", "no")
        self._shas = {name: self.redis.call("SCRIPT", "LOAD", text).decode()
                      for name, text in script_texts().items()}
        self.run("groups")

    def command(self, name, *args):
        return ("EVALSHA", self._shas[name], 1, PREFIX, *args)

    def run(self, name, *args):
        return self.redis.call(*self.command(name, *args))

    def used(self):
        """Bytes of the server; a new connection leaves no buffer behind."""
        self.redis.reconnect()
        text = self.redis.call("INFO", "memory").decode()
        return int(re.search(r"used_memory:(\d+)", text)[1])

    def parts(self):
        """Bytes by kind of key."""
        sums, cursor = {}, b"0"
        while True:
            cursor, *flat = self.redis.call("EVAL", SUM, 0, cursor)
            for name, size in zip(flat[::2], flat[1::2]):
                sums[name.decode()] = sums.get(name.decode(), 0) + size
            if cursor == b"0":
                return sums


def callback(number):
    return f"https://subscriber.example/{number}?".ljust(CALLBACK_BYTES, "x")


def sealed(secret_bytes=32):
    return b"g.k1." + os.urandom(12 + secret_bytes + 16)


def subscribe(shard, topic, first, count):
    """Makes subscriptions; returns their CDs."""
    td, cds = digest(topic), []
    for numbers in batches(range(first, first + count)):
        commands = []
        for number in numbers:
            cd = digest(callback(number))
            cds.append(cd)
            commands.append(shard.command("request", *request_args(
                td=td, cd=cd, topic=topic, callback=callback(number),
                lease=LEASE_S - spread_s(number), secret=sealed(),
                how="trust")))
        for _, was_active in shard.redis.call_many(commands):
            assert was_active == 0
    return cds


def spread_s(number):
    """Some time in the first nine of the ten days."""
    draw = hashlib.sha256(b"%d" % number).digest()
    return int.from_bytes(draw[:8], "big") % (9 * 86400)


def report(title, before, after, parts_before, parts_after, count):
    print(f"{title}: {(after - before) / count:.1f} bytes each")
    for name in sorted(parts_after):
        share = (parts_after[name] - parts_before.get(name, 0)) / count
        if abs(share) >= 0.1:
            print(f"    {name:10} {share:8.1f}")


class Measure:
    """Reports what a block of work takes."""

    def __init__(self, shard, title, count):
        self._shard, self._title, self._count = shard, title, count

    def __enter__(self):
        self._parts, self._used = self._shard.parts(), self._shard.used()

    def __exit__(self, kind, *_):
        if kind is None:
            report(self._title, self._used, self._shard.used(), self._parts,
                   self._shard.parts(), self._count)


def post(shard, td, topic):
    shard.redis.call("XADD", PREFIX + "log", EVENT, "v", 1, "t", topic,
                     "ct", "text/plain", "b", "body")
    epoch = shard.run("claim", "bench", 1, 60000)[1]
    begun = shard.run("begin", epoch, "0-0", 3600000, EVENT, topic, "", 1,
                      td)
    finished = begun[2]
    while not finished:
        finished = shard.run("page", epoch, EVENT, AT_ONCE, 10 ** 9, td)[1]


def read(shard, stream, count):
    got = shard.redis.call(
        "XREADGROUP", "GROUP", GROUPS[stream], "one", "COUNT", count,
        "STREAMS", PREFIX + stream, ">")
    return got[0][1] if got else []


def settle(shard, lane, operation):
    """Claims the jobs of a lane and settles them by `operation`, which makes
    its words of C."""
    while True:
        entries = read(shard, lane, AT_ONCE)
        if not entries:
            return
        words = []
        for entry, fields in entries:
            words += ["rest", lane, entry, "-"]
            for target in fields[3].split(b" "):
                words += operation(target)
        shard.run("settle", *words)


def jobs(topic, count):
    td = digest(topic)
    shard = Shard()
    subscribe(shard, topic, 0, count)
    with Measure(shard, "a job in a lane", count):
        post(shard, td, topic)
    with Measure(shard, "a job in retry beside its empty lane", count):
        for lane in ("outbox", "bulk"):
            settle(shard, lane, lambda c: (
                "retry", EVENT, c, 1, 0, 3600000, td))
    shard.redis.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000000,
                        help="subscriptions")
    parser.add_argument("--topics", type=int, default=1,
                        help="topics that share them")
    parser.add_argument("--jobs", type=int, default=100000)
    options = parser.parse_args()
    shard = Shard()
    each = options.count // options.topics
    with Measure(shard, f"a subscription of {each * options.topics}, "
                 f"{options.topics} topics", each * options.topics):
        for number in range(options.topics):
            subscribe(shard, f"https://publisher.example/{number}",
                      number * each, each)
    shard.redis.close()
    jobs("https://publisher.example/jobs", options.jobs)


if __name__ == "__main__":
    main()
