"""Whether a crowd of unrelated subscriptions moves the figures of the other
scenarios.

Two systems run at once, one with the crowd in its Redis and one without.  Each
scenario starts the programs of both with its settings and then alternates
between the two, so that both share the machine's good times and bad."""

from deliveries import notes, run_system, wrong
from intake import cpu_figures, fanout_once, noise, push_once, subscribe_once
from rig import TOPIC, Sink, System
from scale import backlog_once, subscribe_both
from scenarios import CROWD, SCENARIOS
from slices import mean, order

KINDS = ("without", "with")
TOPICS = 20  # that the crowd is spread over, so that each shard has some
SMALLER = {"backlog": {"jobs": 200_000, "events": 200, "rate": 100}}


class _Part:
    """A scenario to repeat, on a topic of its own.  prepare() readies a
    system; measure() returns its figures, what is doubtful about them and how
    much went wrong."""

    settings = {}  # what the kind adds to those of the scenario

    def __init__(self, load, sinks, context):
        self.load, self.context = load, context
        self.sinks = sinks
        self.sink = sinks[0]
        self.topic = f"{TOPIC}/{load.name}"
        self._topics = 0

    def prepare(self, system):
        system.subscribe(self.sink, self.load.subscriptions, self.load.hosts,
                         self.topic)

    def new_topic(self):
        self._topics += 1
        return f"{self.topic}/{self._topics}"


class _Deliveries(_Part):
    def measure(self, system):
        run = run_system(self.load, system, self.sink, self.topic)
        found = ({f"{quantile}, ms": run["latency_us"][quantile] / 1e3
                  for quantile in ("p50", "p99")} if self.load.latency else
                 {"deliveries/s": run["rate"],
                  **{f"{role}, CPU us": used
                     for role, used in run["cpu_us"].items()}})
        return found, notes(self.load, self.load.name, run), wrong(run)


class _Backlog(_Part):
    def prepare(self, system):
        subscribe_both(self.load, system, self.sinks)

    def measure(self, system):
        one = backlog_once(self.load, system, self.sinks, self.context)
        return ({f"{quantile}, ms":
                 one["figures"][f"system: {quantile} latency, ms"]
                 for quantile in ("p50", "p99")}, one["notes"], one["wrong"])


class _Subscribe(_Part):
    def prepare(self, system):
        """Each measurement has a topic of its own."""

    def measure(self, system):
        found, meter = subscribe_once(self.load, system, self.sink,
                                      self.new_topic())
        return found, noise(meter), 0


class _Fanout(_Part):
    settings = {"delivers": 0}

    def measure(self, system):
        found, meter = fanout_once(self.load, system, self.topic)
        return found, noise(meter), 0


class _Push(_Part):
    settings = {"delivers": 0, "spreader": False}

    def prepare(self, system):
        """Nobody has to listen."""

    def measure(self, system):
        pushed, meter = push_once(self.load, system, self.topic)
        found = {"pushes/s": pushed["rate"],
                 **cpu_figures(meter, self.load.events)}
        return found, noise(meter), pushed["refused"]


_PARTS = {"deliveries": _Deliveries, "backlog": _Backlog,
          "subscribe": _Subscribe, "fanout": _Fanout, "push": _Push}


def crowd(load, context):
    """Rounds of every part.  What leaves jobs behind that nobody takes has to
    be the last."""
    sinks = Sink(), Sink()
    try:
        with System() as without, System() as crowded:
            systems = dict(zip(KINDS, (without, crowded)))
            context.say(f"{load.name}: {load.unrelated:,} subscriptions")
            for number in range(TOPICS):
                crowded.subscribe(sinks[0], load.unrelated // TOPICS,
                                  load.hosts, f"{TOPIC}/unrelated/{number}")
            rounds = [{"figures": {}, "notes": [], "wrong": 0}
                      for _ in range(context.rounds(load))]
            for name in CROWD:
                _repeat(load, name, systems, sinks, context, rounds)
            yield from rounds
    finally:
        for sink in sinks:
            sink.close()


def _repeat(load, name, systems, sinks, context, rounds):
    """Adds a part's figures to the rounds."""
    scenario = context.sized(SCENARIOS[name].of(**SMALLER.get(name, {})))
    part = _PARTS[scenario.kind](scenario, sinks, context)
    for system in systems.values():
        system.start(**part.settings, **dict(scenario.settings))
        part.prepare(system)
        system.stop_rewrites()
        rounds[0]["wrong"] += part.measure(system)[2]
    for number, one in enumerate(rounds):
        context.say(f"{load.name}: {name}, round {number + 1}")
        found = {kind: [] for kind in KINDS}
        for kind in order(KINDS, number, load.slices):
            figures, doubts, failed = part.measure(systems[kind])
            found[kind].append(figures)
            one["notes"] += [f"{kind}: {doubt}" for doubt in doubts]
            one["wrong"] += failed
        one["figures"].update(_compared(name, CROWD[name], found))


def _compared(name, figures, found):
    """The figures of both systems and their ratios."""
    compared = {}
    for figure in figures:
        both = {kind: mean(figure, [one[figure] for one in found[kind]])
                for kind in KINDS}
        for kind, value in both.items():
            compared[f"{name}: {figure}: {kind}"] = value
        compared[f"{name}: {figure}: ratio"] = both["with"] / both["without"]
    return compared
