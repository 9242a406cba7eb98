"""Whether it stays flat: more subscriptions, strangers, a backlog."""

import os
import re
import statistics
import subprocess
import sys

from deliveries import (latency_figures, notes, publish, run_system,
                        wait_arrivals, wrong)
from rig import TOPIC, Sink, System

DELIVERIES_A_RUN = 50_000  # of the smaller sizes: long enough for a rate
EVENTS_MAX = 1000          # in a run: pushing them is not what is measured
ALONE = 10                 # events that are timed one at a time
UNRELATED = TOPIC + "/unrelated"


def growth(load, context):
    """One topic for each size; in each round events to all of them, and some
    alone, for their latency."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            for size in load.sizes:
                context.say(f"{load.name}: {size:,} subscriptions")
                system.subscribe(sink, size, load.hosts, f"{TOPIC}/{size}")
            for _ in range(context.rounds(load)):
                runs = {size: _size_runs(load, size, system, sink, context)
                        for size in load.sizes}
                yield _growth_round(load, runs)
    finally:
        sink.close()


def _size_runs(load, size, system, sink, context):
    """Returns a run for the rate, and runs of single events."""
    context.say(f"{load.name}: events to {size:,} subscriptions")
    events = max(1, min(EVENTS_MAX, DELIVERIES_A_RUN // size))
    topic = f"{TOPIC}/{size}"
    full = run_system(load.of(subscriptions=size, events=events), system,
                      sink, topic)
    alone = [run_system(load.of(subscriptions=size, events=1), system, sink,
                        topic)
             for _ in range(min(ALONE, events))] if events > 1 else [full]
    return full, alone


def _growth_round(load, runs):
    found, points = {}, {"rate": {}, "p50, ms": {}, "p99, ms": {}}
    for size, (full, alone) in runs.items():
        points["rate"][size] = found[f"deliveries/s at {size:,}"] = full["rate"]
        for role in ("deliver", "redis"):
            found[f"{role}, CPU us at {size:,}"] = full["cpu_us"][role]
        for quantile in ("p50", "p99"):
            value = statistics.median(
                run["latency_us"][quantile] / 1e3 for run in alone)
            points[f"{quantile}, ms"][size] = value
            found[f"{quantile}, ms, one event to {size:,}"] = value
    most, some = load.sizes[-1], load.sizes[-3]
    found[f"rate: {most:,} by {some:,}"] = (runs[most][0]["rate"] /
                                            runs[some][0]["rate"])
    return {"figures": found, "points": points,
            "notes": [note for size, (full, _) in runs.items()
                      for note in notes(load, f"{size:,}", full)],
            "wrong": sum(wrong(run) for full, alone in runs.values()
                         for run in [full, *alone])}


def crowd(load, context):
    """The main figures, before and after the strangers have come."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            system.subscribe(sink, load.subscriptions, load.hosts)
            system.subscribe(sink, 1, 1, TOPIC + "/alone")
            before = [_main_figures(load, system, sink)
                      for _ in range(context.rounds(load))]
            context.say(f"{load.name}: {load.unrelated:,} more subscriptions")
            system.subscribe(sink, load.unrelated, load.hosts, UNRELATED)
            for earlier in before:
                yield _crowd_round(earlier, _main_figures(load, system, sink))
    finally:
        sink.close()


def _main_figures(load, system, sink):
    """Rate, CPU, latency and pushes, with what is wrong and doubtful."""
    run = run_system(load, system, sink)
    single = load.of(subscriptions=1, events=500, publishers=1, rate=200)
    alone = run_system(single, system, sink, TOPIC + "/alone")
    pushed = publish(load.of(events=20_000, publishers=64), system,
                     TOPIC + "/nobody").result()
    system.wait_idle()
    return {"figures": {
        "deliveries/s": run["rate"],
        "deliver, CPU us": run["cpu_us"]["deliver"],
        "redis, CPU us": run["cpu_us"]["redis"],
        "pushes/s": pushed["rate"],
        "p50 latency, ms": alone["latency_us"]["p50"] / 1e3,
        "p99 latency, ms": alone["latency_us"]["p99"] / 1e3},
            "notes": list(notes(load, "system", run)) +
                     list(notes(single, "alone", alone)),
            "wrong": wrong(run) + wrong(alone) + pushed["refused"]}


def _crowd_round(before, after):
    found = {}
    for name, value in before["figures"].items():
        found[f"{name}: before"] = value
        found[f"{name}: after"] = after["figures"][name]
        found[f"{name}: after by before"] = after["figures"][name] / value
    return {"figures": found,
            "notes": ["before: " + note for note in before["notes"]] +
                     ["after: " + note for note in after["notes"]],
            "wrong": before["wrong"] + after["wrong"]}


def stored(load, context):
    """What memory.py finds."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "memory.py")
    for _ in range(context.rounds(load)):
        text = subprocess.run(
            [sys.executable, script, "--count", str(load.subscriptions),
             "--jobs", str(load.jobs)],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        yield {"figures": {
            f"bytes of {name}": float(re.search(
                rf"^{name}\b.*: ([\d.]+) bytes each", text, re.M)[1])
            for name in ("a subscription", "a job in a lane",
                         "a job in retry")},
               "notes": [], "wrong": 0}


def backlog(load, context):
    """Events to one subscription while many jobs of another topic drain; two
    sinks, so that each counts its own."""
    crowd_sink, sink = Sink(), Sink()
    single = load.of(subscriptions=1, publishers=1)
    try:
        with System(**dict(load.settings)) as system:
            system.subscribe(crowd_sink, load.subscriptions, load.hosts)
            system.subscribe(sink, 1, 1, TOPIC + "/alone")
            for _ in range(context.rounds(load)):
                yield _backlog_round(load, single, system, crowd_sink, sink,
                                     context)
    finally:
        crowd_sink.close()
        sink.close()


def _backlog_round(load, single, system, crowd_sink, sink, context):
    crowd_sink.reset(load.subscriptions, load.events)
    sink.reset(1, load.events)
    publish(load.of(rate=0), system).result()
    context.say(f"{load.name}: {load.deliveries:,} jobs wait")
    published = publish(single, system, TOPIC + "/alone").result()
    left = load.deliveries - crowd_sink.stats()["distinct"]
    wait_arrivals(system, sink, single.deliveries)
    wait_arrivals(system, crowd_sink, load.deliveries)
    system.wait_idle()
    ours, theirs = sink.stats(), crowd_sink.stats()
    seconds = (theirs["last_arrival_ns"] - theirs["first_publish_ns"]) / 1e9
    found = {**latency_figures("system", ours),
             "worst latency, ms": ours["latency_us"]["max"] / 1e3,
             "backlog: deliveries/s": theirs["distinct"] / seconds,
             "jobs left at the last event": left}
    note = [] if left > 0 else ["the backlog was gone before the last event"]
    if published["refused"]:
        note.append(f"the hub refused {published['refused']} events")
    return {"figures": found, "notes": note,
            "wrong": sum(one["missing"] + one["strange"]
                         for one in (ours, theirs)) + published["refused"]}
