"""Many topics with one subscription each, beside one topic with many: what most
hubs do beside what is done best."""

from deliveries import notes, run_held, run_system, wrong
from rig import TOPIC, Sink, System
from scenarios import SCENARIOS
from slices import order, together

EACH = TOPIC + "/each"
KINDS = ("many-hosts", "held", "pushed")


def topics(load, context):
    """Rounds of: many-hosts; the load when its events are there already
    (`held`); and with their publishing, which is a push for each delivery
    (`pushed`)."""
    few = context.sized(SCENARIOS["many-hosts"])
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            context.say(f"{load.name}: {load.subscriptions:,} topics")
            system.subscribe(sink, few.subscriptions, few.hosts)
            system.subscribe_each(sink, load.subscriptions, load.hosts, EACH)
            system.stop_rewrites()
            first = sum(wrong(_run(kind, few, load, system, sink))
                        for kind in KINDS)
            for number in range(context.rounds(load)):
                runs = {kind: [] for kind in KINDS}
                for kind in order(KINDS, number, load.slices):
                    runs[kind].append(_run(kind, few, load, system, sink))
                one = _round(few, load, runs)
                one["wrong"] += first
                yield one
    finally:
        sink.close()


def _run(kind, few, load, system, sink):
    if kind == "many-hosts":
        return run_system(few, system, sink)
    if kind == "held":
        return run_held(load, system, sink, EACH)
    return run_system(load, system, sink, EACH)


def _round(few, load, runs):
    whole = {kind: together(some) for kind, some in runs.items()}
    rates = {kind: one["rate"] for kind, one in whole.items()}
    found = {f"{kind}: deliveries/s": rate for kind, rate in rates.items()}
    found["rate by many-hosts"] = rates["held"] / rates["many-hosts"]
    found["rate with publishing by many-hosts"] = (rates["pushed"] /
                                                   rates["many-hosts"])
    for kind, one in whole.items():
        for role in ("redis", "hub", "spreader", "deliver"):
            found[f"{kind}: {role}, CPU us"] = one["cpu_us"][role]
    return {"figures": found,
            "notes": [note for kind, one in whole.items()
                      for note in notes(few if kind == "many-hosts" else load,
                                        kind, one)],
            "wrong": sum(wrong(one) for one in whole.values()),
            "runs": runs}
