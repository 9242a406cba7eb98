"""What a dead callback costs in Redis while events pass it by.

    python3 tests/chaos/dead_callback.py [--events 1000000] [--retention 30]

A real system; one subscription, whose callback answers 500.  Events of 100
bytes are appended as a direct producer would, as fast as they are fanned out.
Prints the bytes of all that Redis holds for the callback, and of everything,
at ten points; then lets the callback answer and counts what arrives.  Exit
code 1 when the cost grows, or when deliveries and gaps do not add up.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.keys import digest
from support.system import System
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
CHUNK = 2000  # events appended at once
SLACK_BYTES = 200  # a number with a digit more


class Watched:
    """The system with its dead callback."""

    def __init__(self, system):
        self.system = system
        self.redis, self.store = system.redis, system.store
        self.callback = system.subscriber().callback("/dead")
        system.activate(TOPIC, self.callback)
        self.callback.default = 500
        self.pushed = 0

    def key(self, name):
        return self.store.key(TOPIC, name)

    def push(self, count):
        event = ["XADD", self.key("log"), "*", "v", "1", "t", TOPIC,
                 "ct", "text/plain", "b", b"x" * 100]
        self.redis.call_many([event] * count)
        self.pushed += count
        wait_until(self.store.fanned_out, "they are fanned out", 120)

    def suspend(self):
        self.push(20)
        wait_until(lambda: self.redis.call("ZCARD", self.key("suspended")),
                   "it is suspended")

    def cost(self):
        """Bytes of the callback's own keys, while its turn is in `retry`: a
        stream with one entry takes 4 KiB at once."""
        missed = f"missed:{digest(TOPIC)}:{digest(self.callback.url)}"
        names = [missed, f"cursor:{digest(TOPIC)}", "suspended", "retry",
                 "bulk", "refs", "outbox", "dead"]

        def measure():
            answers = self.redis.call_all(
                [["MEMORY", "USAGE", self.key(name)] for name in names] +
                [["XLEN", self.key("outbox")]])
            return sum(filter(None, answers[:-1])) if not answers[-1] else 0
        return wait_until(measure, "its turn waits")

    def used(self):
        info = self.redis.call("INFO", "memory").decode()
        return int(info.split("used_memory:")[1].split("\r")[0])

    def recover(self):
        self.callback.default = 204
        wait_until(lambda: not self.redis.call(
            "EXISTS", self.key(f"cursor:{digest(TOPIC)}")),
            "it has caught up", 1800)

    def delivered(self):
        return sum(d.answered == 204 for d in self.callback.deliveries)

    def lost(self):
        gaps = self.redis.call("XRANGE", self.key("gaps"), "-", "+")
        return sum(int(fields[fields.index(b"n") + 1]) for _, fields in gaps)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--retention", type=int, default=30)
    args = parser.parse_args()
    with System(shards=1, retention_s=args.retention, max_attempts=1000,
                suspend_after=10, retry_base_ms=50, retry_cap_ms=1000,
                probe_cap_ms=1000) as system:
        watched = Watched(system)
        watched.suspend()
        first = watched.cost()
        print(f"{'events passed':>14} {'its bytes':>10} {'all bytes':>12}")
        worst, step = first, max(args.events // 10, CHUNK)
        while True:
            worst = max(worst, watched.cost())
            print(f"{watched.pushed:>14} {watched.cost():>10} "
                  f"{watched.used():>12}", flush=True)
            if watched.pushed >= args.events:
                break
            goal = min(watched.pushed + step, args.events)
            while watched.pushed < goal:
                watched.push(min(CHUNK, goal - watched.pushed))
        watched.recover()
        delivered, lost = watched.delivered(), watched.lost()
        print(f"then it answered: {delivered} delivered, {lost} reported as "
              f"lost by retention, of {watched.pushed}")
        grew = worst > first + SLACK_BYTES
        return 1 if grew or delivered + lost != watched.pushed else 0


if __name__ == "__main__":
    sys.exit(main())
