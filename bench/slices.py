"""How kinds of run are compared on a machine whose speed changes: in short
slices that alternate, so that each kind gets its share of the good times and
the bad."""

import statistics

SWING = 0.15  # of the rate of what does not change: the figures suffer


def order(kinds, number, slices):
    """The kinds of a round's slices: A B, B A, A B and so on, and the next
    round the other way round.  A speed that drifts evenly cancels out."""
    for pair in range(slices):
        yield from kinds if (number + pair) % 2 == 0 else kinds[::-1]


def mean(figure, values):
    """The figure of slices with the same load as one.  A rate is that of the
    summed times."""
    return (statistics.harmonic_mean(values) if figure.endswith("/s") else
            statistics.fmean(values))


def _by_name(run_of, runs, field):
    names = dict.fromkeys(name for run in runs for name in run[field])
    return {name: run_of([run[field].get(name, 0) for run in runs])
            for name in names}


def together(runs):
    """Runs of the same load as one: counts and times are summed, what is by
    time or by delivery is the mean."""
    whole = {name: sum(run[name] for run in runs) for name in (
        "distinct", "seconds", "missing", "duplicates", "strange",
        "connections", "resumed")}
    whole["rate"] = (whole["distinct"] / whole["seconds"]
                     if whole["seconds"] > 0 else 0.0)
    whole["others"] = statistics.fmean(run["others"] for run in runs)
    for field in ("latency_us", "cpu_us", "busy"):
        whole[field] = _by_name(statistics.fmean, runs, field)
    if "jobs" in runs[0]:
        whole["jobs"] = _by_name(sum, runs, "jobs")
        published = [run["published"] for run in runs]
        whole["published"] = {
            "rate": statistics.fmean(one["rate"] for one in published),
            "refused": sum(one["refused"] for one in published)}
    return whole


def swing(rates):
    """How much the greatest is above the least."""
    return max(rates) / min(rates) - 1


def swing_notes(rounds):
    """`rounds`: for each the rates of the slices of the bare loop."""
    most = swing([rate for rates in rounds for rate in rates])
    within = max(map(swing, rounds))
    if most > SWING:
        yield (f"the bare loop swung by {most:.0%} between slices, by "
               f"{within:.0%} within a round")
