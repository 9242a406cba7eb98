"""Whether a topic's size moves the rate and the latency."""

import statistics

from deliveries import notes, run_system, wrong
from rig import TOPIC, Sink, System
from slices import together

DELIVERIES_A_RUN = 100_000  # of the smaller sizes: long enough for a rate
ALONE = 10                  # events that are timed one at a time


def growth(load, context):
    """One topic for each size; in each round events to all of them, and some
    alone, for their latency."""
    sink = Sink()

    def run(size, events):
        context.say(f"{load.name}: {events:,} x {size:,} deliveries")
        return run_system(load.of(subscriptions=size, events=events), system,
                          sink, f"{TOPIC}/{size}")

    try:
        with System(**dict(load.settings)) as system:
            for size in load.sizes:
                context.say(f"{load.name}: {size:,} subscriptions")
                system.subscribe(sink, size, load.hosts, f"{TOPIC}/{size}")
            system.stop_rewrites()
            for _ in range(context.rounds(load)):
                yield _round(load, _full(load, run), _alone(load, run))
    finally:
        sink.close()


def _full(load, run):
    """Runs for the rate, by size.  Of the two sizes that are compared each
    gets as many deliveries; of the smaller half comes before and half after
    those of the greatest, so that a speed that drifts evenly cancels out."""
    most, some = load.sizes[-1], load.sizes[-3]
    found = {size: run(size, max(1, min(load.events, DELIVERIES_A_RUN // size)))
             for size in load.sizes if size not in (most, some)}
    half = most // some // 2
    before = run(some, half)
    found[most] = run(most, 1)
    found[some] = together([before, run(some, half)])
    return {size: found[size] for size in load.sizes}


def _alone(load, run):
    """Runs of single events, by size; the largest topics have theirs in what
    the rate is taken from."""
    return {size: [run(size, 1) for _ in range(ALONE)]
            for size in load.sizes[:-2]}


def _round(load, full, alone):
    found, points = {}, {"rate": {}, "p50, ms": {}, "p99, ms": {}}
    for size, run in full.items():
        points["rate"][size] = found[f"deliveries/s at {size:,}"] = run["rate"]
        for role in ("deliver", "redis"):
            found[f"{role}, CPU us at {size:,}"] = run["cpu_us"][role]
        for quantile in ("p50", "p99"):
            value = statistics.median(
                one["latency_us"][quantile] / 1e3
                for one in alone.get(size, [run]))
            points[f"{quantile}, ms"][size] = value
            found[f"{quantile}, ms, one event to {size:,}"] = value
    most, some = load.sizes[-1], load.sizes[-3]
    found[f"rate: {most:,} by {some:,}"] = (full[most]["rate"] /
                                            full[some]["rate"])
    return {"figures": found, "points": points,
            "notes": [note for size, run in full.items()
                      for note in notes(load, f"{size:,}", run)],
            "wrong": sum(map(wrong, full.values())) + sum(
                wrong(run) for runs in alone.values() for run in runs)}
