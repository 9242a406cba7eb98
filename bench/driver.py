"""Runs the scenarios: in each round the system and the bare loop, one after
the other, in alternating order.  Started by bench/run.sh."""

import argparse
import json
import os
import platform
import signal
import sys
import time

import report
from cpu import Meter
from rig import TOPIC, Profile, Sink, System, Tool
from scenarios import DEFAULT, SCENARIOS

POLL_S = 0.05
STUCK_S = 60  # without one more delivery: retries wait at most this long
ROUNDS = 5


def say(text):
    print(text, file=sys.stderr, flush=True)


def wait_arrivals(system, sink, expected):
    """Waits until everything has arrived, or nothing more does."""
    last, since = -1, time.monotonic()
    while True:
        system.check()
        stats = sink.stats()
        if stats["distinct"] == expected:
            return
        if stats["requests"] != last:
            last, since = stats["requests"], time.monotonic()
        elif time.monotonic() - since > STUCK_S:
            return
        time.sleep(POLL_S)


def figures(scenario, stats, meter):
    """What both kinds of run have in common."""
    seconds = (stats["last_arrival_ns"] - stats["first_publish_ns"]) / 1e9
    return {
        "rate": stats["distinct"] / seconds if seconds > 0 else 0.0,
        "seconds": seconds,
        "missing": stats["missing"],
        "duplicates": stats["duplicates"],
        "strange": stats["strange"],
        "latency_us": stats["latency_us"],
        "cpu_us": {name: used * 1e6 / scenario.deliveries
                   for name, used in meter.used.items()},
        "busy": {name: used / meter.seconds
                 for name, used in meter.used.items()},
        "others": meter.others,
    }


def run_system(scenario, system, sink, profile=None, profile_file=None):
    """One round of the system: publishes, and waits for every arrival."""
    before = system.outcomes()
    sink.reset(scenario.subscriptions, scenario.events)
    pids = system.pids()
    with Profile(pids.get(profile, [0])[0], profile_file), \
            Meter(sink=[sink.pid], **pids) as meter:
        publisher = Tool("bench-publish", topic=TOPIC,
                         port=system.client.address.rsplit(":", 1)[1],
                         events=scenario.events, bytes=scenario.event_bytes,
                         connections=scenario.publishers, rate=scenario.rate)
        published = publisher.result()
        wait_arrivals(system, sink, scenario.deliveries)
    meter.settle(publisher=published["cpu_s"])
    system.wait_idle()
    stats, after = sink.stats(), system.outcomes()
    return {**figures(scenario, stats, meter), "published": published,
            "jobs": {name: count - before.get(name, 0)
                     for name, count in after.items()}}


def run_bare(scenario, system, sink):
    """One round of the bare loop: the same deliveries without the system."""
    sink.reset(scenario.subscriptions, scenario.events)
    with Meter(sink=[sink.pid]) as meter:
        done = Tool("bench-bare", port=sink.port, topic=TOPIC,
                    subscriptions=scenario.subscriptions,
                    events=scenario.events, bytes=scenario.event_bytes,
                    concurrency=scenario.bare_concurrency,
                    hosts=scenario.hosts, public_url=system.client.url
                    ).result()
    meter.settle(bare=done["cpu_s"])
    return {**figures(scenario, sink.stats(), meter), "tool": done}


def run_round(number, scenario, system, sink, options):
    """Both, in an order that alternates."""
    both = {}
    for kind in ("system", "bare") if number % 2 == 0 else ("bare", "system"):
        if kind == "bare":
            both[kind] = run_bare(scenario, system, sink)
        else:
            file = options.profile and report.path(
                options, f"perf-{options.profile}-{scenario.name}-{number}")
            both[kind] = run_system(scenario, system, sink, options.profile,
                                    file)
    say(f"{scenario.name}: round {number + 1}: "
        f"system {both['system']['rate']:,.0f}/s, "
        f"bare {both['bare']['rate']:,.0f}/s, "
        f"p50 {both['system']['latency_us']['p50'] / 1e3:.2f} ms")
    return both


def run_scenario(scenario, options):
    say(f"{scenario.name}: {scenario.about}")
    sink = Sink()
    try:
        with System(delivers=scenario.delivers,
                    **dict(scenario.settings)) as system:
            sink.reset(0, 0)
            system.subscribe(sink.callbacks(scenario.subscriptions,
                                            scenario.hosts))
            say(f"{scenario.name}: {scenario.subscriptions} subscriptions")
            return [run_round(number, scenario, system, sink, options)
                    for number in range(options.rounds)]
    finally:
        sink.close()


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, prog="bench/run.sh",
        epilog="Scenarios: " + "; ".join(
            f"{one.name}: {one.about}" for one in SCENARIOS.values()))
    parser.add_argument("scenario", nargs="*", default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=0,
                        help=f"default: {ROUNDS}, 1 with --short")
    parser.add_argument("--short", action="store_true",
                        help="small: only to see that it works")
    parser.add_argument("--json", metavar="FILE",
                        help="default: build/bench/results.json")
    parser.add_argument("--profile", metavar="ROLE",
                        choices=("hub", "spreader", "deliver", "redis"),
                        help="run perf on that process, in build/bench/")
    options = parser.parse_args()
    if "all" in options.scenario:
        options.scenario = list(SCENARIOS)
    for name in options.scenario:
        if name not in SCENARIOS:
            parser.error(f"no such scenario: {name}")
    options.rounds = options.rounds or (1 if options.short else ROUNDS)
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = {"machine": {"cores": os.cpu_count(),
                           "system": platform.platform()}, "scenarios": {}}
    fine = True
    for name in options.scenario:
        scenario = SCENARIOS[name]
        if options.short:
            scenario = scenario.short()
        try:
            rounds = run_scenario(scenario, options)
        except AssertionError as problem:
            sys.exit(f"{name}: {problem}")
        report.show(scenario, rounds)
        results["scenarios"][name] = {"load": vars(scenario),
                                      "rounds": rounds}
        fine = fine and report.complete(rounds)
    file = options.json or report.path(options, "results.json")
    with open(file, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    print(f"All rounds: {file}")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
