"""Publishers, subscribers and clients that pull, which keep an account, and a
killer; at the end every accepted event must have arrived wherever it was to
arrive.

    python3 tests/chaos/run.py --seconds 60 --seed 7

The programs are those of $WEBSUBD_BIN, else of build/dev/bin.  Ends with 0
when nothing is missing, fanned out twice, out of order or at the wrong place,
no program ended by itself, nothing is left of who is dead, and an fsck finds
nothing wrong.
"""

import argparse
import json
import random
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chaos.announcer import Announcer
from chaos.autopsy import look_at
from chaos.balance import Balance
from chaos.ended_topics import EndedTopics
from chaos.fleet import Fleet
from chaos.group_changes import GroupChanges
from chaos.health import health_figures, health_findings
from chaos.killer import Killer
from chaos.leftovers import leftovers, work_left
from chaos.owners import cluster_findings, ended_findings
from chaos.plan import COPIES, make_plan
from chaos.posted import Posted
from chaos.publishers import Publishers
from chaos.pullers import Pullers
from chaos.receivers import Receivers
from chaos.replays import Replays
from chaos.report import (details_of, figures_of, print_failures,
                          print_operated, print_pulled, print_table)
from chaos.subscriptions import Churn, subscribe_lasting
from chaos.watch import SuspensionWatch
from support.wait import wait_until

_PROGRESS_S = 5
_IDLE_S = 300     # from the end of the chaos to the last delivery
_LOOK_S = 10      # between looks at what is left to be done
_RETENTION_S = 7200  # beyond the run: nothing leaves by its age


def parse(words):
    parser = argparse.ArgumentParser(
        description="Runs websubd while it is killed again and again.")
    parser.add_argument("--seconds", type=int, default=60,
                        help="length of the chaos (default: 60)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6),
                        help="what is done and when (default: any)")
    parser.add_argument("--rate", type=float, default=100,
                        help="events a second (default: 100)")
    for role, copies in COPIES.items():
        parser.add_argument(f"--{role}s", type=int, default=copies,
                            help=f"number of {role}s (default: {copies})")
    parser.add_argument("--report", help="write the figures here, as JSON")
    return parser.parse_args(words)


class Run:
    def __init__(self, options):
        self._options = options
        self._started = time.monotonic()
        self._next_progress = 0
        self._seed = f"chaos {options.seed}"
        self._copies = {role: getattr(options, role + "s") for role in COPIES}

    def say(self, text):
        print(f"[{time.monotonic() - self._started:5.0f} s] {text}",
              flush=True)

    def main(self):
        """Returns the exit code."""
        options = self._options
        print(f"seed {options.seed}: python3 tests/chaos/run.py "
              f"--seconds {options.seconds} --seed {options.seed} "
              f"--rate {options.rate:g} --hubs {options.hubs} "
              f"--spreaders {options.spreaders} "
              f"--delivers {options.delivers}", flush=True)
        receivers = Receivers(self._seed)
        fleet = Fleet(self._copies, options.seconds + _RETENTION_S)
        threading.excepthook = lambda args: fleet.findings.append(
            "".join(traceback.format_exception(args.exc_value)))
        try:
            with fleet:
                figures, failed = self._play(fleet, receivers)
        finally:
            receivers.close()
        for finding in fleet.findings:
            print(f"FAILED: {finding}")
        figures["findings"] = fleet.findings
        if options.report:
            Path(options.report).write_text(json.dumps(figures, indent=2),
                                            encoding="utf-8")
        return 1 if failed or fleet.findings else 0

    def _play(self, fleet, receivers):
        options = self._options
        posted = Posted(fleet.redis)
        posted.start()
        publishers = Publishers(fleet, self._seed, options.rate)
        announcer = Announcer(fleet, publishers, self._seed)
        lasting = subscribe_lasting(fleet, receivers, announcer.urls,
                                    self._seed)
        announcer.subscribed(lasting)
        churn = Churn(fleet, receivers, publishers, self._seed)
        replays = Replays(fleet, publishers, lasting, self._seed)
        changes = GroupChanges(fleet, self._seed)
        ended = EndedTopics(fleet, receivers, publishers, self._seed)
        pullers = Pullers(fleet, publishers, self._seed)
        killer = Killer(fleet, receivers, publishers,
                        make_plan(options.seed, options.seconds,
                                  self._copies))
        watch = SuspensionWatch(fleet, [s for s in lasting
                                        if s.kind == "away"])
        self.say(f"{len(lasting)} subscriptions are active")
        for part in (pullers, publishers, announcer, churn, watch, replays,
                     changes, ended):
            part.start()
        killer.run(options.seconds,
                   lambda: self._progress(killer, publishers, receivers))
        for part in (publishers, announcer, churn, replays, changes):
            part.stop()
        self.say("the killer rests")
        fleet.recover()
        ended.stop()
        fleet.attempt(replays.wait_ended)
        self._wait_idle(fleet)
        for part in (watch, posted, pullers):
            part.stop()
        announcer.close()
        balance = Balance(fleet, receivers, publishers, lasting + churn.made)
        figures = figures_of(options, balance, fleet, killer, churn, posted)
        figures["pulled"] = pullers.figures()
        print_table(figures)
        print_pulled(figures["pulled"])
        replays.settle()
        unexpected = (publishers.unexpected + pullers.failures() +
                      replays.failures() + changes.failures() +
                      ended.failures(balance.causes_of, receivers.accounts))
        figures["operators"] = {"replays": replays.figures(),
                                "topic groups": changes.figures(),
                                "ended topics": ended.figures(),
                                "health": health_figures(fleet)}
        print_operated(figures["operators"])
        failed = print_failures(balance, posted, unexpected,
                                lambda *which: look_at(fleet, posted, *which))
        self._check_order(fleet)
        figures["details"] = details_of(balance, fleet)
        return figures, failed

    def _check_order(self, fleet):
        """What is left of the work and of the dead."""
        fleet.findings += [f"{key} still has {count}"
                           for key, count in leftovers(fleet.redis)]
        fleet.findings += cluster_findings(fleet)
        fleet.findings += health_findings(fleet)
        fleet.end()
        fleet.findings += ended_findings(fleet)

    def _progress(self, killer, publishers, receivers):
        if time.monotonic() < self._next_progress:
            return
        self._next_progress = time.monotonic() + _PROGRESS_S
        self.say(f"accepted {publishers.count()}, deliveries "
                 f"{receivers.total}, acts {killer.done}, the last: "
                 f"{killer.last}")

    def _wait_idle(self, fleet):
        """Says now and then what is left to be done."""
        end = time.monotonic() + _IDLE_S
        while time.monotonic() < end:
            try:
                wait_until(fleet.store.idle, "all work is done", _LOOK_S)
                self.say("nothing is left to be done")
                return
            except AssertionError:
                self.say("left to be done:")
                print("\n".join(work_left(fleet.redis)), flush=True)
        fleet.findings.append(f"work is left after {_IDLE_S} s")


if __name__ == "__main__":
    sys.exit(Run(parse(sys.argv[1:])).main())
