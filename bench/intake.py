"""What comes in: pushes, subscriptions, and the fan-out of the spreader."""

import subprocess
import time

from cpu import Meter
from deliveries import FULL, NOISE_CORES, publish
from rig import TOPIC, Sink, System
from support.keys import digest
from support.redis import tool

POLL_S = 0.002
PLAIN_INDEX = "bench:index"
PAGE_JOBS = 1000  # of the plain page, as the spreader's

# What a page costs at least: the mark for the fan-out.
_PLAIN_PAGE = """
local cds = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])
for _, cd in ipairs(cds) do
    redis.call('XADD', KEYS[2], '*', 'e', ARGV[3], 'c', cd)
end
return cds[#cds] or ''
"""


def noise(meter):
    if meter.others > NOISE_CORES:
        yield f"others kept {meter.others:.2f} cores busy meanwhile"


def cpu_figures(meter, count):
    return {f"{name}, CPU us": used * 1e6 / count
            for name, used in meter.used.items()}


def push_once(load, system, topic=TOPIC):
    """What the publisher has found, and the meter of the pushes."""
    with Meter(**system.pids()) as meter:
        pushed = publish(load, system, topic).result()
    return pushed, meter.settle(publisher=pushed["cpu_s"])


def push(load, context):
    """Pushes to a hub alone, and XADD of the same bytes by redis-benchmark."""
    with System(delivers=0, spreader=False, **dict(load.settings)) as system:
        system.stop_rewrites()
        for _ in range(context.rounds(load)):
            pushed, meter = push_once(load, system)
            plain = _redis_benchmark(load, system.redis.socket_path)
            busy = pushed["cpu_s"] / pushed["seconds"]
            note = [f"the publisher used {busy:.0%} of a core and may be the "
                    "limit"] if busy > FULL else []
            if pushed["refused"]:
                note.append(f"the hub refused {pushed['refused']} events")
            yield {"figures": {
                "pushes/s": pushed["rate"], "XADD/s": plain,
                "ratio": pushed["rate"] / plain,
                "p99 answer, ms": pushed["answer_us"]["p99"] / 1e3,
                **cpu_figures(meter, load.events)},
                   "notes": note + list(noise(meter)),
                   "wrong": pushed["refused"], "runs": {"pushed": pushed}}


def _redis_benchmark(load, socket_path):
    """XADDs a second with the fields of a pushed event."""
    done = subprocess.run(
        [tool("benchmark"), "-s", socket_path, "-P", "1", "-c",
         str(load.publishers), "-n", str(load.events), "--csv", "XADD",
         "bench:log", "*", "v", "1", "t", TOPIC, "ct", "application/json", "b",
         "x" * load.event_bytes],
        check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1].rsplit('","')[1])


def subscribe_once(load, system, sink, topic):
    """Figures of the subscriptions to a new topic, and the meter."""
    with Meter(sink=[sink.pid], **system.pids()) as meter:
        seconds = system.activate(sink, load.subscriptions, load.hosts, topic)
    system.wait_idle()
    return {"subscriptions/s": load.subscriptions / seconds,
            **cpu_figures(meter, load.subscriptions)}, meter.settle()


def subscribe(load, context):
    """Requests with verification, from the first one until all are active."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            for number in range(context.rounds(load)):
                figures, meter = subscribe_once(load, system, sink,
                                                f"{TOPIC}/{number}")
                yield {"figures": figures, "notes": list(noise(meter)),
                       "wrong": 0}
    finally:
        sink.close()


def fanout_once(load, system, topic=TOPIC):
    """Figures of one event's fan-out, and the meter."""
    expected = _posted(system, topic) + load.subscriptions
    with Meter(**system.pids()) as meter:
        began = time.monotonic()
        publish(load, system, topic).result()
        while _posted(system, topic) < expected:
            system.check()
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
    return {"jobs/s": load.subscriptions / seconds,
            **cpu_figures(meter, load.subscriptions)}, meter.settle()


def fanout(load, context):
    """One event's jobs by the spreader, and by a script that does nothing but
    post them."""
    sink = Sink()
    try:
        with System(delivers=0, **dict(load.settings)) as system:
            system.subscribe(sink, load.subscriptions, load.hosts)
            _make_plain_index(system.redis, load.subscriptions)
            for _ in range(context.rounds(load)):
                figures, meter = fanout_once(load, system)
                plain = _plain_pages(system, load.subscriptions)
                yield {"figures": {
                    **figures, "plain page: jobs/s": plain,
                    "ratio": figures["jobs/s"] / plain},
                       "notes": list(noise(meter)), "wrong": 0}
    finally:
        sink.close()


def _posted(system, topic):
    """Jobs that nobody has settled."""
    return sum(map(int, system.redis.call(
        "HVALS", system.store.key(topic, "refs"))))


def _make_plain_index(redis, count):
    for first in range(0, count, PAGE_JOBS):
        names = [digest(str(number)) for number in
                 range(first, min(first + PAGE_JOBS, count))]
        redis.call("ZADD", PLAIN_INDEX,
                   *(word for name in names for word in (0, name)))


def _plain_pages(system, jobs):
    redis, posted, cursor = system.redis, 0, b"-"
    began = time.monotonic()
    while posted < jobs:
        last = redis.call("EVAL", _PLAIN_PAGE, 2, PLAIN_INDEX, "bench:bulk",
                          cursor, PAGE_JOBS, "1700000000000-0")
        cursor, posted = b"(" + last, posted + PAGE_JOBS
    seconds = time.monotonic() - began
    redis.call("DEL", "bench:bulk")
    return jobs / seconds
