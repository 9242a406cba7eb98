"""Runs the scenarios and reports on them.  Started by bench/run.sh."""

import argparse
import json
import os
import platform
import signal
import sys
import time

import plot
import report
from kinds import KINDS
from scenarios import DEFAULT, SCENARIOS
from tls import Certificate

ROUNDS = 5
BUSY_LOAD = 0.5  # load average before anything has begun


class Context:
    """What a kind of scenario may ask of the driver."""

    def __init__(self, options, certificate):
        self._options = options
        self.certificate = certificate  # of the sink; None without TLS
        self.say = say

    def rounds(self, scenario):
        if self._options.rounds or self._options.short:
            return self._options.rounds or 1
        return scenario.rounds or ROUNDS

    def sized(self, scenario):
        """The scenario in the size that was asked for."""
        if self._options.tenth:
            scenario = scenario.of(events=max(1, scenario.events // 10))
        return scenario.short() if self._options.short else scenario

    def profile(self, scenario, number):
        """The role to profile and the file for it, or twice None."""
        role = self._options.profile
        return role, role and report.path(
            self._options.short, f"perf-{role}-{scenario.name}-{number}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_scenario(scenario, context):
    say(f"{scenario.name}: {scenario.about}")
    rounds, began = [], time.monotonic()
    for one in KINDS[scenario.kind](scenario, context):
        rounds.append(one)
        say(f"{scenario.name}: round {len(rounds)} is done, "
            f"{time.monotonic() - began:.0f} s")
    return rounds


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, prog="bench/run.sh",
        epilog="Scenarios: " + "; ".join(
            f"{one.name}: {one.about}" for one in SCENARIOS.values()))
    parser.add_argument("scenario", nargs="*", default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=0,
                        help=f"default: {ROUNDS} for most, 1 with --short")
    parser.add_argument("--short", action="store_true",
                        help="small: only to see that it works")
    parser.add_argument("--tenth", action="store_true",
                        help="a tenth of the events: for slow tools")
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
    return options


def certificate_for(options):
    """The sink's certificate, trusted; None when no scenario wants it.  The
    scenarios that do are dropped where it can't be trusted."""
    wanting = [name for name in options.scenario if SCENARIOS[name].tls]
    if not wanting:
        return None
    certificate = Certificate()
    if not certificate.trust():
        say("skipped, for no namespace can be made: " + ", ".join(wanting))
        options.scenario = [name for name in options.scenario
                            if name not in wanting]
    return certificate


def run_all(options, context):
    """Returns the rounds by scenario."""
    done = {}
    for name in options.scenario:
        scenario = context.sized(SCENARIOS[name])
        try:
            done[name] = run_scenario(scenario, context)
        except AssertionError as problem:
            sys.exit(f"{name}: {problem}")
        report.show(scenario, done[name])
        if not options.short:
            report.show_targets(scenario, done[name])
        print(flush=True)
    return done


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    load = os.getloadavg()[0]
    if load > BUSY_LOAD:
        say(f"The machine is busy (load {load:.1f}): don't trust the rates.")
    certificate = certificate_for(options)
    context = Context(options, certificate)
    try:
        done = run_all(options, context)
    finally:
        if certificate is not None:
            certificate.close()
    results = {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(),
                    "load_before": load},
        "scenarios": {name: {"load": vars(context.sized(SCENARIOS[name])),
                             "rounds": rounds}
                      for name, rounds in done.items()}}
    file = options.json or report.path(options.short, "results.json")
    with open(file, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    print(f"All rounds: {file}")
    picture = file.rsplit(".", 1)[0] + ".svg"
    if plot.write(picture, done):
        print(f"Plots: {picture}")
    sys.exit(1 if any(one["wrong"] for rounds in done.values()
                      for one in rounds) else 0)


if __name__ == "__main__":
    main()
