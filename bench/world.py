#!/usr/bin/env python3
"""What bad neighbours do to a healthy subscriber, on the real programs.

    WEBSUBD_BIN=build/release/bin python3 bench/world.py neighbours
    WEBSUBD_BIN=build/release/bin python3 bench/world.py bad-hosts --hosts 5000
    WEBSUBD_BIN=build/release/bin python3 bench/world.py bad-subscribers
    WEBSUBD_BIN=build/release/bin python3 bench/world.py lapse --leases 1000000

Prints how many deliveries to the healthy came, and their latency: from before
the push to the arrival, median, 99 of 100, worst."""

import argparse
import itertools
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.httpd import Answer
from support.silent import Silent
from support.system import System
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SETTINGS = {"timeout_ms": 10000, "connect_timeout_ms": 3000,
            "max_attempts": 8, "retry_base_ms": 5000, "retry_cap_ms": 3600000}


def latencies(callbacks, expected):
    """Of their deliveries, whose body is when they were sent."""
    taken = sorted(one.at - float(one.body)
                   for callback in callbacks for one in callback.deliveries)
    if not taken:
        return f"0 of {expected}"
    at = [1000 * taken[int(part * (len(taken) - 1))] for part in (0.5, 0.99, 1)]
    return f"{len(taken)} of {expected}: {at[0]:.1f}, {at[1]:.1f}, {at[2]:.1f} ms"


def push_for(system, seconds, rate, topic=TOPIC):
    """Returns the number of pushes."""
    began = time.monotonic()
    for number in itertools.count():
        due = began + number / rate
        if due > began + seconds:
            return number
        time.sleep(max(0, due - time.monotonic()))
        system.push(topic, str(time.monotonic()).encode())


def neighbours(options):
    """20 healthy callbacks on one host and port, with bad ones beside them."""
    kinds = {"hangs": Answer(200, gate=threading.Event()),
             "drips": Answer(200, drip="status"), "500": 500}
    mixes = [mix for size in range(4)
             for mix in itertools.combinations(kinds, size)]
    for mix in mixes:
        with System(**SETTINGS) as system:
            server = system.subscriber()
            healthy = [server.callback(f"/healthy/{number}")
                       for number in range(options.healthy)]
            for callback in healthy:
                system.activate(TOPIC, callback)
            for kind in mix:
                bad = server.callback(f"/{kind}")
                bad.default = kinds[kind]
                system.activate(TOPIC, bad)
            sent = push_for(system, options.seconds, 5)
            time.sleep(1)
            print(f"{' + '.join(mix) or 'alone':<22}"
                  f"{latencies(healthy, sent * len(healthy))}", flush=True)
            kinds["hangs"].gate.set()
            kinds["hangs"].gate = threading.Event()
            for program in system.programs:
                program.kill()


def healthy_one(system):
    callback = system.subscriber().callback("/healthy")
    assert system.hub.subscribe(TOPIC, callback.url).status == 202
    wait_until(lambda: system.store.record(TOPIC, callback.url), "it is active")
    callback.wait_deliveries(push_for(system, 1, 10))
    callback.deliveries.clear()
    return callback


def bad_hosts(options):
    """Hosts that accept and never respond, with a topic each, and a healthy
    callback on one more host."""
    silent = Silent(options.hosts)
    with System(verify="off", **SETTINGS) as system:
        for number, url in enumerate(silent.urls):
            system.hub.subscribe(f"{TOPIC}/{number}", url)
        healthy = healthy_one(system)
        flood = threading.Thread(target=lambda: [
            system.push(f"{TOPIC}/{number}", b"bad")
            for number in range(options.hosts)])
        flood.start()
        sent = push_for(system, options.seconds, 20)
        flood.join()
        time.sleep(2)
        print(f"{options.hosts} silent hosts: {latencies([healthy], sent)}")
        for program in system.programs:
            program.kill()


def bad_subscribers(options):
    """Subscribe requests for callbacks on hosts that never respond."""
    silent = Silent(options.hosts)
    with System(**SETTINGS) as system:
        healthy = healthy_one(system)
        flood = threading.Thread(target=lambda: [
            system.hub.subscribe(f"{TOPIC}/{number}", url)
            for number, url in enumerate(silent.urls)])
        flood.start()
        sent = push_for(system, options.seconds, 20)
        flood.join()
        print(f"{options.hosts} silent subscribers: "
              f"{latencies([healthy], sent)}")
        for program in system.programs:
            program.kill()


# A leaf of the index, of a topic without other subscriptions.
FILL = """
for n = tonumber(ARGV[3]), tonumber(ARGV[4]) do
    local cd = string.format('%022d', n)
    redis.call('HSET', KEYS[1] .. 'sub:' .. ARGV[1], cd, '1 ' .. ARGV[2] ..
        ' 3600 1 - http://h' .. n % 1000 .. '.example/callback/' .. n .. ' -')
    redis.call('ZADD', KEYS[1] .. 'subs:' .. ARGV[5], 0, ARGV[1] .. ':' .. cd)
end
redis.call('ZADD', KEYS[1] .. 'lease', ARGV[2], ARGV[5])
redis.call('ZADD', KEYS[1] .. 'bounds', 0, ARGV[5])
"""
LEAF = 100


def lapse(options):
    """Leases that lapse at once, of topics in all shards."""
    with System(verify="off", **SETTINGS) as system:
        healthy = healthy_one(system)
        redis, shards = system.redis, int(system.redis.call(
            "HGET", "websub:meta", "shards"))
        ends_s = redis.now_ms() // 1000 + 20 + options.leases // 10000
        for first in range(0, options.leases, LEAF):
            td = f"t{first // 10000:021d}"
            redis.call("EVAL", FILL, 1,
                       f"websub:{{{first // 10000 % shards}}}:", td, ends_s,
                       first, min(first + LEAF, options.leases) - 1,
                       f"{td}:{first:022d}")
        left_s = ends_s - 1 - options.seconds - redis.now_ms() / 1000
        if left_s < 0:
            sys.exit("the leases lapse before they are all there")
        time.sleep(left_s)
        sent = push_for(system, options.seconds, 100)
        time.sleep(0.5)
        print(f"{options.leases} leases last:  {latencies([healthy], sent)}")
        healthy.deliveries.clear()
        time.sleep(max(0, ends_s - redis.now_ms() / 1000))
        sent = push_for(system, options.seconds, 100)
        time.sleep(0.5)
        print(f"{options.leases} leases lapse: {latencies([healthy], sent)}")
        ended = system.program("spreader").metric(
            "websubd_spreader_leases_ended_total")
        print(f"{ended:.0f} of them have ended after "
              f"{redis.now_ms() / 1000 - ends_s:.1f} s")
        for program in system.programs:
            program.kill()


SITUATIONS = {"neighbours": neighbours, "bad-hosts": bad_hosts,
              "bad-subscribers": bad_subscribers, "lapse": lapse}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("situation", choices=SITUATIONS)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--healthy", type=int, default=20)
    parser.add_argument("--hosts", type=int, default=1500)
    parser.add_argument("--leases", type=int, default=200000)
    options = parser.parse_args()
    SITUATIONS[options.situation](options)


if __name__ == "__main__":
    main()
