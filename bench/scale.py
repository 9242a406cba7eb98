"""A long backlog, and what is stored."""

import os
import re
import subprocess
import sys

from deliveries import latency_figures, publish, wait_arrivals
from rig import TOPIC, Sink, System

ALONE = TOPIC + "/alone"  # in another shard than TOPIC


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
    sinks = Sink(), Sink()
    try:
        with System(**dict(load.settings)) as system:
            subscribe_both(load, system, sinks)
            for _ in range(context.rounds(load)):
                yield backlog_once(load, system, sinks, context)
    finally:
        for sink in sinks:
            sink.close()


def subscribe_both(load, system, sinks):
    """The many callbacks to the topic, and the one to a topic of its own."""
    many, one = sinks
    system.subscribe(many, load.subscriptions, load.hosts)
    system.subscribe(one, 1, 1, ALONE)


def backlog_once(load, system, sinks, context):
    """A round, after subscribe_both()."""
    many, one = sinks
    single = load.of(subscriptions=1, publishers=1)
    waiting = load.of(events=load.jobs // load.subscriptions, rate=0)
    many.reset(waiting.subscriptions, waiting.events)
    one.reset(1, single.events)
    publish(waiting, system).result()
    context.say(f"{load.name}: {waiting.deliveries:,} jobs wait")
    published = publish(single, system, ALONE).result()
    left = waiting.deliveries - many.stats()["distinct"]
    wait_arrivals(system, one, single.deliveries)
    wait_arrivals(system, many, waiting.deliveries)
    system.wait_idle()
    ours, theirs = one.stats(), many.stats()
    seconds = (theirs["last_arrival_ns"] - theirs["first_publish_ns"]) / 1e9
    found = {**latency_figures("system", ours),
             "worst latency, ms": ours["latency_us"]["max"] / 1e3,
             "backlog: deliveries/s": theirs["distinct"] / seconds,
             "jobs left at the last event": left}
    note = [] if left > 0 else ["the backlog was gone before the last event"]
    if published["refused"]:
        note.append(f"the hub refused {published['refused']} events")
    return {"figures": found, "notes": note,
            "wrong": sum(run["missing"] + run["strange"]
                         for run in (ours, theirs)) + published["refused"]}
