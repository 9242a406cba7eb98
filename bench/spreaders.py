"""The fan-out of many events by several spreaders, with and without a
subscription to each topic that gets its events in order."""

import time

from cpu import Meter
from intake import POLL_S, cpu_figures, noise
from rig import TOPIC, System

CALLBACK = "http://127.0.0.1:9/cb"  # nobody delivers
ORDERED = (("hub.websubd.ordered", "true"),)
KINDS = {"nobody": "plain", "one in order": "ordered"}


def spreaders(load, context):
    """Rounds of: for each number of spreaders the jobs a second, of topics
    that nobody gets in order and of topics that one subscription does."""
    with System(delivers=0, spreader=False, **dict(load.settings)) as system:
        context.say(f"{load.name}: {load.topics} topics of two kinds")
        _subscribe(load, system)
        system.stop_rewrites()
        for _ in range(context.rounds(load)):
            figures, notes = {}, []
            for count in load.spreaders:
                system.set_spreaders(count)
                rates = {}
                for name, kind in KINDS.items():
                    rates[name], meter = _run(load, system, kind)
                    figures[f"{count}, {name}: jobs/s"] = rates[name]
                    if count == load.spreaders[0]:
                        figures.update({
                            f"{name}: {role}": used for role, used in
                            cpu_figures(meter, _jobs(load)).items()})
                    notes += noise(meter)
                figures[f"{count}: one in order by nobody"] = (
                    rates["one in order"] / rates["nobody"])
            yield {"figures": figures, "notes": notes, "wrong": 0}


def _jobs(load):
    return load.subscriptions * load.events


def _topics(load, kind):
    return [f"{TOPIC}/{kind}/{number}" for number in range(load.topics)]


def _subscribe(load, system):
    for kind in KINDS.values():
        for topic in _topics(load, kind):
            for number in range(load.subscriptions // load.topics):
                _ask(system, topic, f"{CALLBACK}/{number}", ())
            if kind == "ordered":
                _ask(system, topic, f"{CALLBACK}/ordered", ORDERED)
    system.wait_idle()


def _ask(system, topic, callback, extra):
    answer = system.client.subscribe(topic, callback, extra=extra)
    if answer.status != 202:
        raise AssertionError(f"the hub refused a subscription: {answer}")


def _run(load, system, kind):
    """Jobs a second from the first event in the log to the end of the last
    one's fan-out, and the meter."""
    body = "x" * load.event_bytes
    commands = [["XADD", system.store.key(topic, "log"), "*", "v", 1, "t",
                 topic, "ct", "text/plain", "b", body]
                for _ in range(load.events) for topic in _topics(load, kind)]
    with Meter(**system.pids()) as meter:
        began = time.monotonic()
        system.redis.call_many(commands)
        while not system.store.fanned_out():
            system.check()
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
    for topic in _topics(load, kind):  # nobody settles them
        for lane in ("outbox", "bulk"):
            system.redis.call("XTRIM", system.store.key(topic, lane),
                              "MAXLEN", 0)
    return _jobs(load) / seconds, meter.settle()
