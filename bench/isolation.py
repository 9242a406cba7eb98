"""Whether three bad callbacks move the latency of all the others."""

import contextlib
import socket

from cpu import Meter
from deliveries import notes, publish, wait_arrivals, wrong
from rig import TOPIC, Sink, System
from slices import order
from support.httpd import Answer
from support.subscriber import Subscriber
from support.wait import wait_until

BACKLOG = 16  # connections that fill a listener which accepts none


class BlackHole:
    """An address where connections are neither made nor refused."""

    def __init__(self, host):
        self._listener = socket.create_server((host, 0), backlog=0)
        port = self._listener.getsockname()[1]
        self.url = f"http://{host}:{port}/"
        self._fill = [socket.socket() for _ in range(BACKLOG)]
        for one in self._fill:
            one.setblocking(False)
            one.connect_ex((host, port))

    def close(self):
        for one in (*self._fill, self._listener):
            one.close()


@contextlib.contextmanager
def three_bad(system):
    """Subscribes a callback that drips a byte every 100 ms, one that answers
    500, and a black hole, each on a host of its own; ends them again."""
    servers = [Subscriber("127.2.0.1"), Subscriber("127.2.0.2"),
               BlackHole("127.2.0.3")]
    drips, fails = (server.callback("/cb") for server in servers[:2])
    drips.default, fails.default = Answer(200, drip="status"), 500
    urls = [drips.url, fails.url, servers[2].url]
    before = system.store.subscribers(TOPIC)
    for url in urls:
        assert system.client.subscribe(TOPIC, url).status == 202
    wait_until(lambda: system.store.subscribers(TOPIC) == before + 3,
               "they are active")
    try:
        yield
    finally:
        for url in urls:
            assert system.client.unsubscribe(TOPIC, url).status == 202
        for server in servers:
            server.close()
    system.wait_idle()


def _measure(load, system, sink):
    """The others' deliveries; what the bad ones still wait for is theirs."""
    before = system.outcomes()
    sink.reset(load.subscriptions, load.events)
    with Meter(sink=[sink.pid], **system.pids()) as meter:
        published = publish(load, system).result()
        wait_arrivals(system, sink, load.deliveries)
    meter.settle(publisher=published["cpu_s"])
    stats, after = sink.stats(), system.outcomes()
    return {**{name: stats[name] for name in ("missing", "duplicates",
                                              "strange", "latency_us")},
            "seconds": meter.seconds, "others": meter.others,
            "published": published,
            "busy": {name: used / meter.seconds
                     for name, used in meter.used.items()},
            "jobs": {name: count - before.get(name, 0)
                     for name, count in after.items()}}


def isolation(load, context):
    """Rounds without the three and with them, in an order that alternates."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            system.subscribe(sink, load.subscriptions, load.hosts)
            for number in range(context.rounds(load)):
                runs = {}
                for kind in order(("alone", "with bad ones"), number, 1):
                    context.say(f"{load.name}: {kind}")
                    bad = (three_bad(system) if kind != "alone" else
                           contextlib.nullcontext())
                    with bad:
                        runs[kind] = _measure(load, system, sink)
                yield _round(load, runs)
    finally:
        sink.close()


def _round(load, runs):
    found = {f"{name}: {quantile} latency, ms":
             run["latency_us"][quantile] / 1e3
             for name, run in runs.items() for quantile in ("p50", "p99")}
    found["p99: with bad ones by alone"] = (
        runs["with bad ones"]["latency_us"]["p99"] /
        runs["alone"]["latency_us"]["p99"])
    return {"figures": found,
            "notes": [note for name, run in runs.items()
                      for note in notes(load, name, run)
                      if "outcome 'retry'" not in note],
            "wrong": sum(wrong(run) for run in runs.values()), "runs": runs}
