"""Fetches of announced topics, beside a bare loop of GETs, and through to
delivery."""

import contextlib
import time

from cpu import Meter
from deliveries import LONG_S, NOISE_CORES, POLL_S, STUCK_S
from rig import Loop, Sink, System
from slices import order, swing_notes

AT_ONCE = 100  # topics in one announcement: as many as the hub takes
KINDS = ("fetches", "delivered", "bare")


def fetch(load, context):
    """Rounds of: fetches alone, since deliver is held (`fetches`); through to
    delivery (`delivered`); and the same GETs without the system (`bare`)."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system, contextlib.closing(
                _bare_loop(load, system, sink)) as bare:
            system.subscribe_each(sink, load.topics, load.hosts, "sink",
                                  fetched=True)
            system.stop_rewrites()
            place = system, sink, bare
            first = sum(_run(kind, load, place)["wrong"] for kind in KINDS)
            rates = []
            for number in range(context.rounds(load)):
                runs = {kind: [] for kind in KINDS}
                for kind in order(KINDS, number, load.slices):
                    runs[kind].append(_run(kind, load, place))
                rates.append([run["rate"] for run in runs["bare"]])
                one = _round(runs)
                one["notes"] += swing_notes(rates)
                one["wrong"] += first
                yield one
    finally:
        sink.close()


def _bare_loop(load, system, sink):
    return Loop("bench-bare", port=sink.port, subscriptions=load.topics,
                events=load.events, concurrency=load.bare_concurrency,
                hosts=load.hosts, public_url=system.client.url, get=1)


def _run(kind, load, place):
    """A slice: as many times as the load has events, all topics."""
    system, sink, bare = place
    if kind == "bare":
        return _run_bare(load, sink, bare)
    used, seconds, others, found_wrong = {}, 0.0, 0.0, 0
    for _ in range(load.events):
        with Meter(sink=[sink.pid], **system.pids()) as meter:
            took, wrong = _once(kind, load, system, sink)
        meter.settle()
        seconds += took
        others += meter.others / load.events
        found_wrong += wrong
        for name, one in meter.used.items():
            used[name] = used.get(name, 0) + one
    return _result(load, seconds, used, others, found_wrong)


def _once(kind, load, system, sink):
    """All topics are announced while the spreader is held, and the time begins
    when it goes on: to the last fetch or to the last arrival.  Returns the
    seconds, and how many are missing or too many."""
    sink.reset(load.subscriptions, 1)
    with contextlib.ExitStack() as held:
        if kind == "fetches":
            held.enter_context(system.held("deliver"))
        with system.held("spreader"):
            _announce(load, system, sink)
        began_ns = time.monotonic_ns()
        what = "fetches" if kind == "fetches" else "distinct"
        stats = _wait(system, sink, what, load.topics)
    system.wait_idle()
    last = "last_fetch_ns" if kind == "fetches" else "last_arrival_ns"
    after = sink.stats()
    wrong = (abs(load.topics - after["fetches"]) + after["missing"] +
             after["strange"])
    return (stats[last] - began_ns) / 1e9, wrong


def _announce(load, system, sink):
    urls = [_topic_url(load, sink, number) for number in range(load.topics)]
    for at in range(0, len(urls), AT_ONCE):
        answer = system.client.announce(*urls[at:at + AT_ONCE])
        assert 200 <= answer.status < 300, answer


def _topic_url(load, sink, number):
    """As bench/callback.h has it."""
    host = number % load.hosts
    name = ("127.0.0.1" if load.hosts == 1 else
            f"127.1.{host // 250}.{1 + host % 250}")
    return f"http://{name}:{sink.port}/t/{number}"


def _wait(system, sink, what, expected):
    """Waits until there are so many of it, or no more come."""
    last, since = -1, time.monotonic()
    while True:
        system.check()
        stats = sink.stats()
        if stats[what] >= expected:
            return stats
        if stats[what] != last:
            last, since = stats[what], time.monotonic()
        elif time.monotonic() - since > STUCK_S:
            raise AssertionError(f"{stats[what]} {what} of {expected}")
        time.sleep(POLL_S)


def _run_bare(load, sink, bare):
    sink.reset(load.subscriptions, 1)
    with Meter(sink=[sink.pid]) as meter:
        done = bare.run()
    meter.settle(bare=done["cpu_s"])
    return _result(load, done["seconds"], meter.used, meter.others,
                   done["failed"])


def _result(load, seconds, used, others, wrong):
    count = load.topics * load.events
    return {"rate": count / seconds, "seconds": seconds, "others": others,
            "wrong": wrong, "cpu_us": {name: one * 1e6 / count
                                       for name, one in used.items()}}


def _together(runs):
    """The rate of the summed times, as all slices have the same load."""
    return {"rate": len(runs) / sum(1 / run["rate"] for run in runs),
            "cpu_us": {name: sum(run["cpu_us"][name] for run in runs) /
                       len(runs) for name in runs[0]["cpu_us"]}}


def _round(runs):
    whole = {kind: _together(some) for kind, some in runs.items()}
    found = {"fetches/s": whole["fetches"]["rate"],
             "bare: requests/s": whole["bare"]["rate"],
             "ratio": whole["fetches"]["rate"] / whole["bare"]["rate"],
             "events/s through to delivery": whole["delivered"]["rate"]}
    for kind, roles in (("fetches", ("redis", "spreader")), ("delivered", (
            "redis", "spreader", "deliver")), ("bare", ("bare",))):
        for role in roles:
            found[f"{kind}: {role}, CPU us"] = whole[kind]["cpu_us"][role]
    notes = [f"{kind}: others kept {run['others']:.2f} cores busy meanwhile"
             for kind, some in runs.items() for run in some
             if run["others"] > NOISE_CORES and run["seconds"] > LONG_S]
    return {"figures": found, "notes": notes,
            "wrong": sum(run["wrong"] for some in runs.values()
                         for run in some), "runs": runs}
