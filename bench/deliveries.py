"""Deliveries from publishing to arrival: by the system, and by the bare loop
beside it."""

import contextlib
import time

from cpu import Meter
from rig import TOPIC, Loop, Profile, Sink, System, Tool
from slices import order, swing_notes, together

FULL = 0.85        # of a core: a program this busy may be the limit
NOISE_CORES = 0.1  # that others kept busy: the figures suffer
RATE_MET = 0.98    # of the events a second that were asked for
LONG_S = 0.5       # the machine's CPU time is only known in ticks
POLL_S = 0.05
STUCK_S = 60       # without one more delivery: retries wait at most this long


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


def _run(load, stats, meter):
    """What both kinds of run have in common."""
    seconds = (stats["last_arrival_ns"] - stats["first_publish_ns"]) / 1e9
    return {
        "rate": stats["distinct"] / seconds if seconds > 0 else 0.0,
        "seconds": seconds,
        "distinct": stats["distinct"],
        "missing": stats["missing"],
        "duplicates": stats["duplicates"],
        "strange": stats["strange"],
        "connections": stats["accepted"],
        "resumed": stats["resumed"],
        "latency_us": stats["latency_us"],
        "cpu_us": {name: used * 1e6 / load.deliveries
                   for name, used in meter.used.items()},
        "busy": {name: used / meter.seconds
                 for name, used in meter.used.items()},
        "others": meter.others,
    }


def publish(load, system, topic=TOPIC):
    """Starts to publish the load's events, to each of its topics."""
    return Tool("bench-publish", topic=topic, port=system.hub_port,
                events=load.events * (load.topics or 1), topics=load.topics,
                bytes=load.event_bytes, connections=load.publishers,
                rate=load.rate)


def run_system(load, system, sink, topic=TOPIC, profile=(None, None)):
    """Publishes the load's events, and waits for every arrival.  `profile` is
    a role to record, and the file for it."""
    before = system.outcomes()
    sink.reset(load.subscriptions, load.events, load.delay_ms, load.close)
    pids = system.pids()
    role, file = profile
    with Profile(pids.get(role, [0])[0], file), \
            Meter(sink=[sink.pid], **pids) as meter:
        published = publish(load, system, topic).result()
        wait_arrivals(system, sink, load.deliveries)
    meter.settle(publisher=published["cpu_s"])
    system.wait_idle()
    stats, after = sink.stats(), system.outcomes()
    return {**_run(load, stats, meter), "published": published,
            "jobs": {name: count - before.get(name, 0)
                     for name, count in after.items()}}


def run_held(load, system, sink, topic=TOPIC):
    """The same, with the spreader held until all events are published: the
    time begins when it goes on."""
    before = system.outcomes()
    sink.reset(load.subscriptions, load.events, load.delay_ms, load.close)
    with system.held("spreader"):
        published = publish(load, system, topic).result()
    began_ns = time.monotonic_ns()
    with Meter(sink=[sink.pid], **system.pids()) as meter:
        wait_arrivals(system, sink, load.deliveries)
    meter.settle()
    system.wait_idle()
    stats = {**sink.stats(), "first_publish_ns": began_ns}
    return {**_run(load, stats, meter), "published": published,
            "jobs": {name: count - before.get(name, 0)
                     for name, count in system.outcomes().items()}}


def bare_loop(load, system, sink, certificate=None):
    """The bare loop for the load: one process for all slices, so that its
    connections stay as deliver's do."""
    more = {"ca": certificate.pem} if load.tls else {}
    return Loop("bench-bare", port=sink.port, topic=TOPIC,
                subscriptions=load.subscriptions, events=load.events,
                bytes=load.event_bytes, concurrency=load.bare_concurrency,
                hosts=load.hosts, public_url=system.client.url,
                http2=int(load.http2), **more)


def run_bare(load, bare, sink):
    """The same deliveries without the system."""
    sink.reset(load.subscriptions, load.events, load.delay_ms, load.close)
    with Meter(sink=[sink.pid]) as meter:
        done = bare.run()
    meter.settle(bare=done["cpu_s"])
    return {**_run(load, sink.stats(), meter), "tool": done}


def wrong(run):
    """Deliveries that never came, or that nobody had asked for."""
    return run["missing"] + run["strange"]


def notes(load, name, run):
    """What the reader has to know before believing a run."""
    for what in ("sink", "publisher"):
        busy = run["busy"].get(what, 0)
        if busy > FULL:
            yield (f"{name}: the {what} used {busy:.0%} of a core and may be "
                   "the limit")
    if run["others"] > NOISE_CORES and run["seconds"] > LONG_S:
        yield f"{name}: others kept {run['others']:.2f} cores busy meanwhile"
    for what in ("missing", "duplicates", "strange"):
        if run[what]:
            yield f"{name}: {run[what]} deliveries were {what}"
    if "published" in run:
        yield from _load_notes(load, name, run)


def _load_notes(load, name, run):
    """What kept the system from having the load that was meant for it."""
    rate = run["published"]["rate"]
    if load.rate and rate < RATE_MET * load.rate:
        yield (f"{name}: only {rate:,.0f} events a second were published, not "
               f"{load.rate:,}")
    if run["published"]["refused"]:
        yield f"{name}: the hub refused {run['published']['refused']} events"
    for outcome in ("parked", "retry", "dead", "dropped"):
        count = run["jobs"].get(outcome, 0)
        if count:
            yield f"{name}: {count} jobs with the outcome '{outcome}'"


def latency_figures(name, run):
    return {f"{name}: {quantile} latency, ms": run["latency_us"][quantile] / 1e3
            for quantile in ("p50", "p99")}


def cpu_figures(name, run):
    return {f"{name}: {what}, CPU us": used
            for what, used in run["cpu_us"].items()}


def _figures(load, ours, bare):
    found = {}
    if not load.latency:
        found.update({"system: deliveries/s": ours["rate"],
                      "bare: requests/s": bare["rate"],
                      "ratio": ours["rate"] / bare["rate"]})
        found["CPU: deliver by bare"] = (ours["cpu_us"]["deliver"] /
                                         bare["cpu_us"]["bare"])
    found.update(latency_figures("system", ours))
    if load.latency:
        found.update(latency_figures("bare", bare))
    if load.tls:
        for name, run in (("system", ours), ("bare", bare)):
            found[f"{name}: connections"] = run["connections"]
            found[f"{name}: sessions resumed"] = run["resumed"]
    return {**found, **cpu_figures("system", ours),
            **cpu_figures("bare", bare)}


def _slices(number, load, place, context):
    """A round's runs by kind."""
    system, bare, sink = place
    runs = {"system": [], "bare": []}
    for kind in order(("system", "bare"), number, load.slices):
        if kind == "bare":
            runs[kind].append(run_bare(load, bare, sink))
        else:
            count = number * load.slices + len(runs[kind])
            runs[kind].append(run_system(load, system, sink,
                                         profile=context.profile(load, count)))
    return runs


def _round(load, runs):
    ours, bare = together(runs["system"]), together(runs["bare"])
    return {"figures": _figures(load, ours, bare),
            "notes": [note for name, run in (("system", ours), ("bare", bare))
                      for note in notes(load, name, run)],
            "wrong": wrong(ours) + wrong(bare), "runs": runs}


def deliveries(load, context):
    """Rounds of slices of the system and the bare loop, after one of each
    that makes the connections and fills the caches."""
    sink = Sink(context.certificate if load.tls else None, load.http2)
    try:
        with System(**dict(load.settings)) as system, contextlib.closing(
                bare_loop(load, system, sink, context.certificate)) as bare:
            sink.reset(0, 0)
            system.subscribe(sink, load.subscriptions, load.hosts)
            first = (wrong(run_bare(load, bare, sink)) +
                     wrong(run_system(load, system, sink)))
            rates = []
            for number in range(context.rounds(load)):
                runs = _slices(number, load, (system, bare, sink), context)
                one = _round(load, runs)
                rates.append([run["rate"] for run in runs["bare"]])
                if not load.latency:
                    one["notes"] += swing_notes(rates)
                one["wrong"] += first
                yield one
    finally:
        sink.close()


def processes(load, context):
    """Rounds of one deliver process, two, and so on."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            system.subscribe(sink, load.subscriptions, load.hosts)
            for _ in range(context.rounds(load)):
                runs = {}
                for count in load.delivers:
                    system.set_delivers(count)
                    runs[count] = run_system(load, system, sink)
                yield _processes_round(load, runs)
    finally:
        sink.close()


def _processes_round(load, runs):
    found = {}
    for count, run in runs.items():
        found[f"deliveries/s of {count}"] = run["rate"]
        found[f"deliver, CPU us of {count}"] = run["cpu_us"]["deliver"]
    for count in load.delivers[1:]:
        found[f"rate: {count} by 1"] = runs[count]["rate"] / runs[1]["rate"]
        found[f"CPU: {count} by 1"] = (runs[count]["cpu_us"]["deliver"] /
                                       runs[1]["cpu_us"]["deliver"])
    return {"figures": found,
            "notes": [note for count, run in runs.items()
                      for note in notes(load, f"{count} deliver", run)],
            "wrong": sum(wrong(run) for run in runs.values()),
            "points": {"rate": {count: run["rate"]
                                for count, run in runs.items()}},
            "runs": {str(count): run for count, run in runs.items()}}


def memory(load, context):
    """The most memory that deliver has had."""
    sink = Sink()
    try:
        with System(**dict(load.settings)) as system:
            system.subscribe(sink, load.subscriptions, load.hosts)
            for _ in range(context.rounds(load)):
                run = run_system(load, system, sink)
                yield {"figures": {
                    "deliver: VmHWM, MiB": system.deliver_peak_mib(),
                    "deliveries/s": run["rate"],
                    "connections": run["connections"]},
                       "notes": list(notes(load, "system", run)),
                       "wrong": wrong(run), "runs": {"system": run}}
    finally:
        sink.close()
