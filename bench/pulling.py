"""Many clients that wait, streams beside POST deliveries, and polls as fast as
they can."""

import contextlib
import dataclasses
import time

from cpu import Meter
from deliveries import publish, run_system, wrong
from pullers import Prober, Pullers, Watch, quantile
from rig import TOPIC, Sink, System, Tool, status_kib
from slices import mean, order

IDLE_S = 3        # for which the commands of Redis are counted
QUIET_S = 0.2     # with fewer commands than
QUIET_COMMANDS = 50
PROBES = 200      # requests of each kind, by somebody else
RATE = 200        # events a second, each for one of those who wait
LATENCY_S = 3     # of them
BURSTS = 3        # events for all who wait
POLLERS = 100     # clients that poll as fast as they can
BACKLOG = 200     # events for each of these
MIB = 1024


@dataclasses.dataclass(frozen=True)
class Way:
    """How clients wait."""

    name: str
    streams: bool = False
    each: bool = True     # has a topic of its own; else all have the same
    alone: bool = False   # one client, to compare with


WAYS = (
    Way("one poll", alone=True),
    Way("polls"),
    Way("polls of one topic", each=False),
    Way("streams", streams=True),
    Way("streams of one topic", streams=True, each=False),
)


def _settings(load):
    """For as many as wait, and others beside them."""
    most = load.waiting + 1000
    return {"max_connections": most, "max_connections_per_client": most,
            "max_streams": most, "pull_max_subscriptions": 100 * most,
            **dict(load.settings)}


def _commands(system):
    """That Redis has processed, those of scripts included."""
    text = system.redis.call("INFO", "stats").decode()
    return int(text.split("total_commands_processed:")[1].split()[0])


def _is_quiet(system):
    """Whether nobody has anything more to tell Redis."""
    before = _commands(system)
    time.sleep(QUIET_S)
    return _commands(system) - before < QUIET_COMMANDS


def _idle_commands(load, system):
    """A second, while nothing happens; without the look itself."""
    seconds = min(IDLE_S, load.waiting / 1000)
    system.wait(lambda: _is_quiet(system), "all have begun")
    before = _commands(system)
    time.sleep(seconds)
    return (_commands(system) - before - 1) / seconds


def _latency(load, clients, system, pullers):
    """Single events, each for one client."""
    events = min(RATE * LATENCY_S, 15 * load.events)
    Tool("bench-publish", topic=TOPIC, port=system.hub_port, events=events,
         topics=clients, bytes=load.event_bytes, connections=load.publishers,
         rate=RATE).result()
    told = pullers.wait_messages(events)
    return {"p50 latency, ms": told["latency_us"]["p50"] / 1e3,
            "p99 latency, ms": told["latency_us"]["p99"] / 1e3,
            "wrong": abs(told["messages"] - events) + told["refused"]}


def _bursts(load, clients, system, pullers):
    """Single events for all, and what others notice meanwhile."""
    found, one = [], load.of(events=1, topics=0, publishers=1)
    for _ in range(BURSTS):
        pullers.reset()
        with contextlib.closing(Prober(system)) as prober, \
                Watch(prober.healthz) as healthz, \
                contextlib.closing(Prober(system)) as pusher, \
                Watch(pusher.push) as pushes, Meter(**system.pids()) as meter:
            publish(one, system).result()
            told = pullers.wait_messages(clients)
            pullers.wait_waiting()
        seconds = (told["last_arrival_ns"] - told["first_publish_ns"]) / 1e9
        found.append({
            "all have it after, ms": seconds * 1e3,
            "healthz meanwhile p50, ms": quantile(healthz.times, 0.5),
            "healthz meanwhile p99, ms": quantile(healthz.times, 0.99),
            "push meanwhile p50, ms": quantile(pushes.times, 0.5),
            "push meanwhile p99, ms": quantile(pushes.times, 0.99),
            "hub, CPU us": meter.used["hub"] * 1e6 / clients,
            "redis, CPU us": meter.used["redis"] * 1e6 / clients,
            "wrong": abs(told["messages"] - clients) + told["refused"]})
    return {name: mean(name, [one[name] for one in found])
            if name != "wrong" else sum(one[name] for one in found)
            for name in found[0]}


def _wait_one_way(load, way, system):
    """Figures of clients that wait in that way, at a hub of their own."""
    system.start(delivers=0, spreader=False, **_settings(load))
    clients = 1 if way.alone else load.waiting
    pid = system.pids()["hub"][0]
    before = status_kib(pid, "VmRSS") / MIB
    with contextlib.closing(Pullers(system, clients, streams=way.streams,
                                    each=way.each)) as pullers:
        pullers.go()
        pullers.wait_waiting()
        found = {"idle Redis commands/s": _idle_commands(load, system)}
        if not way.alone:
            rss = status_kib(pid, "VmRSS") / MIB
            found["hub: VmRSS, MiB"] = rss
            found["KiB a client"] = (rss - before) * 1024 / clients
        with contextlib.closing(Prober(system)) as prober:
            found.update(prober.figures(PROBES))
        measure = _latency if way.each else _bursts
        pullers.reset()
        found.update(measure(load, clients, system, pullers))
        if not way.alone:
            found["hub: VmHWM, MiB"] = status_kib(pid, "VmHWM") / MIB
    return found


def _streams_once(load, system, pullers):
    """Events to all streams: a second, through all of them."""
    expected = load.subscriptions * load.events
    pullers.reset()
    with Meter(**system.pids()) as meter:
        publish(load, system, TOPIC + "/streams").result()
        told = pullers.wait_messages(expected)
    seconds = (told["last_arrival_ns"] - told["first_publish_ns"]) / 1e9
    return {"rate": told["messages"] / seconds if seconds > 0 else 0.0,
            "latency_us": told["latency_us"],
            "hub_us": meter.used["hub"] * 1e6 / expected,
            "wrong": abs(told["messages"] - expected)}


def _beside_posts(load, number, system, sink):
    """Streams of one topic, and as many subscriptions of another one, in
    slices that alternate."""
    runs = {"streams": [], "POST": []}
    with contextlib.closing(Pullers(system, load.subscriptions,
                                    TOPIC + "/streams", streams=True,
                                    each=False)) as pullers:
        pullers.go()
        pullers.wait_waiting()
        _streams_once(load, system, pullers)
        for kind in order(("streams", "POST"), number, load.slices):
            runs[kind].append(
                _streams_once(load, system, pullers) if kind == "streams" else
                run_system(load, system, sink))
    return runs


def _beside_posts_figures(runs):
    streams, posts = runs["streams"], runs["POST"]
    ours = mean("/s", [run["rate"] for run in streams])
    theirs = mean("/s", [run["rate"] for run in posts])
    return {"streams: events/s": ours, "POST: deliveries/s": theirs,
            "streams by POST": ours / theirs,
            **{f"streams: {quantity} under load, ms": mean(
                "", [run["latency_us"][quantity] for run in streams]) / 1e3
               for quantity in ("p50", "p99")},
            "streams: hub, CPU us": mean("", [run["hub_us"] for run in streams]),
            "wrong": sum(run["wrong"] for run in streams) +
                     sum(wrong(run) for run in posts)}


def _poll_loop(load, system, most):
    """Clients that fetch what is stored, as fast as they can."""
    events = min(BACKLOG, 10 * load.events) * POLLERS
    with contextlib.closing(Pullers(
            system, POLLERS, TOPIC + f"/loop-{most}", max=most)) as pullers:
        publish(load.of(events=events // POLLERS, topics=POLLERS),
                system, TOPIC + f"/loop-{most}").result()
        with Meter(**system.pids()) as meter:
            began_ns = time.monotonic_ns()
            pullers.go()
            told = pullers.wait_messages(events)
    return {"messages/s": events * 1e9 / (told["last_arrival_ns"] - began_ns),
            "redis, CPU us": meter.used["redis"] * 1e6 / events,
            "hub, CPU us": meter.used["hub"] * 1e6 / events,
            "wrong": abs(told["messages"] - events) + told["refused"]}


def _named(parts):
    """The figures of all parts, and how many messages were wrong."""
    figures, failed = {}, 0
    for part, found in parts.items():
        failed += found.pop("wrong")
        for name, value in found.items():
            figures[f"{part}: {name}" if part else name] = value
    return figures, failed


def pull(load, context):
    """Rounds of those who wait, in each way; of streams beside POST deliveries;
    and of polls one after the other."""
    sink = Sink()
    try:
        with System(delivers=0, spreader=False, **_settings(load)) as system:
            for number in range(context.rounds(load)):
                with Meter(sink=[sink.pid]) as whole:
                    parts = _parts(load, number, context, system, sink)
                figures, failed = _named(parts)
                yield {"figures": figures, "notes": list(_notes(whole)),
                       "wrong": failed}
    finally:
        sink.close()


def _parts(load, number, context, system, sink):
    parts = {}
    for way in WAYS:
        context.say(f"{load.name}: {way.name}")
        parts[way.name] = _wait_one_way(load, way, system)
    system.start(**_settings(load))
    if number == 0:
        sink.reset(0, 0)
        system.subscribe(sink, load.subscriptions, load.hosts)
    context.say(f"{load.name}: streams beside POST")
    parts[""] = _beside_posts_figures(_beside_posts(load, number, system, sink))
    for most in (1, 100):
        context.say(f"{load.name}: polls of up to {most}")
        parts[f"polls of up to {most}"] = _poll_loop(load, system, most)
    return parts


def _notes(whole):
    """Nothing tells others' work from that of the programs, which were started
    meanwhile: only how long the round took."""
    yield f"a round took {whole.seconds:,.0f} s"
