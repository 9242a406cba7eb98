"""The table of a scenario, and what makes its figures doubtful."""

import os
import statistics

FULL = 0.85        # of a core: a program this busy may be the limit
NOISE_CORES = 0.1  # that others kept busy: the figures suffer
RATE_MET = 0.98    # of the events a second that were asked for
LONG_S = 0.5       # the machine's CPU time is only known in ticks
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../build/bench")


def path(options, name):
    """A file for results; those of a short run lie apart."""
    folder = os.path.normpath(
        os.path.join(_FOLDER, "short" if options.short else "."))
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def complete(rounds):
    """Whether every delivery of every round has arrived."""
    return not any(run["missing"] or run["strange"]
                   for both in rounds for run in both.values())


def _row(name, values, form):
    values = list(values)
    shown = [form.format(value) for value in (
        statistics.median(values), min(values), max(values))]
    print(f"  {name:<34}" + "".join(f"{text:>12}" for text in shown))


def _cpu_rows(rounds, kind):
    for name in rounds[0][kind]["cpu_us"]:
        _row(f"{kind}: {name}, CPU us",
             (both[kind]["cpu_us"][name] for both in rounds), "{:,.1f}")


def _latency_rows(rounds, kind):
    for quantile in ("p50", "p99"):
        _row(f"{kind}: {quantile} latency, ms",
             (both[kind]["latency_us"][quantile] / 1e3 for both in rounds),
             "{:,.3f}")


def _rate_rows(rounds):
    _row("system: deliveries/s", (both["system"]["rate"] for both in rounds),
         "{:,.0f}")
    _row("bare: requests/s", (both["bare"]["rate"] for both in rounds),
         "{:,.0f}")
    _row("ratio", (both["system"]["rate"] / both["bare"]["rate"]
                   for both in rounds), "{:.3f}")
    _row("ratio of CPU, bare to deliver",
         (both["bare"]["cpu_us"]["bare"] /
          max(both["system"]["cpu_us"]["deliver"], 1e-9)
          for both in rounds), "{:.3f}")


def show(scenario, rounds):
    print(f"\n{scenario.name}: {scenario.subscriptions:,} subscriptions on "
          f"{scenario.hosts} host(s), {scenario.events:,} events of "
          f"{scenario.event_bytes:,} bytes, {len(rounds)} round(s)")
    print(f"  {'':<34}{'median':>12}{'min':>12}{'max':>12}")
    if not scenario.latency:
        _rate_rows(rounds)
    _latency_rows(rounds, "system")
    if scenario.latency:
        _latency_rows(rounds, "bare")
    _cpu_rows(rounds, "system")
    _cpu_rows(rounds, "bare")
    for note in _notes(scenario, rounds):
        print(f"  ! {note}")
    print(flush=True)


def _worst(rounds, kind, name):
    return max(both[kind]["busy"][name] for both in rounds)


def _notes(scenario, rounds):
    """What the reader has to know before believing the figures."""
    for kind, name in (("system", "sink"), ("bare", "sink"),
                       ("system", "publisher")):
        busy = _worst(rounds, kind, name)
        if busy > FULL:
            yield (f"{kind}: the {name} used {busy:.0%} of a core and may be "
                   "the limit")
    others = max((run["others"] for both in rounds for run in both.values()
                  if run["seconds"] > LONG_S), default=0)
    if others > NOISE_CORES:
        yield f"others kept up to {others:.2f} cores busy meanwhile"
    yield from _load_notes(scenario, rounds)
    for kind in ("system", "bare"):
        for what in ("missing", "duplicates", "strange"):
            count = sum(both[kind][what] for both in rounds)
            if count:
                yield f"{kind}: {count} deliveries were {what}"


def _load_notes(scenario, rounds):
    """What kept the system from having the load that was meant for it."""
    published = [both["system"]["published"] for both in rounds]
    slowest = min(one["rate"] for one in published)
    refused = sum(one["refused"] for one in published)
    if scenario.rate and slowest < RATE_MET * scenario.rate:
        yield (f"only {slowest:,.0f} events a second were published, not "
               f"{scenario.rate:,}")
    if refused:
        yield f"the hub refused {refused} events"
    for outcome in ("parked", "retry", "dead", "dropped"):
        count = sum(both["system"]["jobs"].get(outcome, 0) for both in rounds)
        if count:
            yield f"deliver: {count} jobs with the outcome '{outcome}'"
