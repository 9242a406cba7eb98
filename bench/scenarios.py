"""The table of scenarios.  A new one is a new row; what a row can't say yet
becomes a new field, with a default that leaves the others as they are.  What a
`kind` does is in the module of kinds.py that has it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    subscriptions: int
    events: int = 1          # in each slice of a round
    slices: int = 1          # of each of those compared, in a round
    kind: str = "deliveries"
    hosts: int = 1           # that the callbacks are spread over
    event_bytes: int = 1024
    publishers: int = 4      # connections to the hub
    rate: int = 0            # events a second; 0: as fast as they are taken
    bare_concurrency: int = 64
    settings: tuple = ()     # of the programs, as (name, value)
    latency: bool = False    # the figure is the latency, not the rate
    delay_ms: int = 0        # before the callbacks answer
    close: bool = False      # they close the connection after each answer
    tls: bool = False
    http2: bool = False
    topics: int = 0          # with one of the callbacks each; 0: one for all
    delivers: tuple = (1,)   # numbers of deliver processes to compare
    spreaders: tuple = (1,)  # numbers of spreaders to compare
    sizes: tuple = ()        # numbers of subscriptions to compare
    unrelated: int = 0       # subscriptions to another topic that come in
    jobs: int = 0            # that wait
    waiting: int = 0         # clients that wait for events
    rounds: int = 0          # 0: the driver's default
    targets: tuple = ()      # (figure, "at least" or "at most", number)

    @property
    def deliveries(self):
        return self.subscriptions * self.events

    def of(self, **changes):
        return dataclasses.replace(self, **changes)

    def short(self):
        """The same, only to see that it works."""
        return self.of(
            subscriptions=min(self.subscriptions, 40),
            events=min(self.events, 5), hosts=min(self.hosts, 10),
            waiting=min(self.waiting, 40),
            jobs=min(self.jobs, 200), topics=min(self.topics, 40),
            unrelated=min(self.unrelated, 200), delay_ms=min(self.delay_ms, 5),
            slices=1, delivers=self.delivers[:2],
            spreaders=self.spreaders[:2],
            sizes=tuple(size // 1000 or 1 for size in self.sizes[-3:]))


# On one host: room for as many transfers as the bare loop has, and for the
# jobs that are being loaded or settled meanwhile; more would be parked.
def _room(per_host, concurrency):
    return (("per_host", per_host), ("concurrency", concurrency))


RATIO = "ratio"
RATE = "system: deliveries/s"
CPU_RATIO = "CPU: deliver by bare"
P50, P99 = "system: p50 latency, ms", "system: p99 latency, ms"

# What a crowd is to leave as it is: figures by scenario.
CROWD = {
    **dict.fromkeys(("one-host", "many-hosts", "1000-hosts"), (
        "deliveries/s", "deliver, CPU us", "redis, CPU us")),
    "latency": ("p50, ms", "p99, ms"),
    "backlog": ("p50, ms", "p99, ms"),
    "subscribe": ("subscriptions/s", "hub, CPU us", "redis, CPU us"),
    "fanout": ("jobs/s", "spreader, CPU us", "redis, CPU us"),
    "push": ("pushes/s", "hub, CPU us", "redis, CPU us"),
}


def _flat():
    """Targets of 10% for what has a target without a crowd: rates, latencies
    and deliver's CPU time."""
    return tuple((f"{part}: {figure}: ratio", "at least", 0.9)
                 if figure.endswith("/s") else
                 (f"{part}: {figure}: ratio", "at most", 1.1)
                 for part, figures in CROWD.items() for figure in figures
                 if figure.startswith("deliver") or "CPU" not in figure)


SCENARIOS = {one.name: one for one in [
    Scenario("one-host", "a backlog for 1,000 subscriptions on one host",
             subscriptions=1000, events=25, slices=2,
             settings=_room(64, 128),
             targets=((RATIO, "at least", 0.8),)),
    Scenario("many-hosts", "a backlog for 2,000 subscriptions on 100 hosts",
             subscriptions=2000, events=10, slices=2, hosts=100,
             bare_concurrency=256, settings=_room(64, 1024),
             targets=((RATIO, "at least", 0.9), (CPU_RATIO, "at most", 1.2))),
    Scenario("1000-hosts", "a backlog for 1,000 subscriptions on 1,000 hosts",
             subscriptions=1000, events=20, slices=2, hosts=1000,
             bare_concurrency=256, settings=_room(64, 1024),
             targets=((RATIO, "at least", 1.2),)),
    Scenario("many-topics", "20,000 topics with one subscription each, on 100 "
             "hosts, an event each, beside many-hosts", kind="topics",
             subscriptions=20_000, topics=20_000, slices=2, hosts=100,
             settings=_room(64, 1024),
             targets=(("rate by many-hosts", "at least", 0.7),)),
    Scenario("fetch", "2,000 announced topics on 100 hosts, changed each time, "
             "beside a bare loop of GETs; and through to delivery",
             kind="fetch", subscriptions=2000, topics=2000, events=4, slices=2,
             hosts=100, bare_concurrency=256,
             settings=_room(64, 1024) + (("fetch_interval_ms", 0),),
             targets=((RATIO, "at least", 0.7),)),
    Scenario("processes", "callbacks that answer after 50 ms, for one and more "
             "deliver processes of concurrency 256", kind="processes",
             subscriptions=2000, events=20, hosts=100, delay_ms=50,
             delivers=(1, 2, 3, 4), settings=_room(64, 256), rounds=3,
             targets=(("rate: 2 by 1", "at least", 1.9),
                      ("CPU: 2 by 1", "at most", 1.1))),
    Scenario("latency", "one subscription, an idle system, an event each 5 ms",
             subscriptions=1, events=1000, publishers=1, rate=200,
             bare_concurrency=1, latency=True,
             targets=((P50, "at most", 1), (P99, "at most", 3))),
    Scenario("steady", "100 subscriptions, 20 events a second",
             subscriptions=100, events=60, publishers=1, rate=20,
             settings=_room(64, 128), latency=True),
    Scenario("backlog", "one subscription, 50 events a second, while a "
             "million jobs of another topic drain", kind="backlog",
             subscriptions=10_000, events=100, hosts=100, rate=50,
             jobs=1_000_000, rounds=3,
             settings=_room(64, 1024), targets=((P99, "at most", 50),)),
    Scenario("isolation", "997 callbacks, 5 events a second, without and with "
             "one that drips, one that answers 500 and a black hole",
             kind="isolation", subscriptions=997, events=60, hosts=100,
             publishers=1, rate=5,
             targets=(("p99: with bad ones by alone", "at most", 1.1),)),
    Scenario("fanout", "the spreader alone: jobs of one event to 200,000 "
             "subscriptions", kind="fanout", subscriptions=200_000,
             settings=(("fanout_backlog", 100_000_000),),
             targets=(("jobs/s", "at least", 200_000),)),
    Scenario("spreaders", "3,200 events of 64 topics, 8 shards, with 90 "
             "subscriptions each, fanned out by several spreaders; and with one "
             "more subscription each that gets them in order",
             kind="spreaders", subscriptions=64 * 90, topics=64, events=50,
             spreaders=(1, 2, 4), settings=(("fanout_backlog", 100_000_000),),
             targets=tuple((f"{count}: one in order by nobody", "at least", 0.9)
                           for count in (1, 2, 4))),
    Scenario("push", "events that one hub accepts, on 64 connections, beside "
             "redis-benchmark's XADD", kind="push", subscriptions=0,
             events=50_000, publishers=64,
             targets=((RATIO, "at least", 0.5),)),
    Scenario("pull", "10,000 polls and streams that wait; 1,000 streams beside "
             "1,000 subscriptions on 100 hosts; polls one after the other",
             kind="pull", subscriptions=1000, events=40, slices=2, hosts=100,
             waiting=10_000, rounds=3, settings=_room(64, 1024),
             targets=(("one poll: p50 latency, ms", "at most", 5),
                      ("polls: p99 latency, ms", "at most", 20),
                      ("streams: p99 latency, ms", "at most", 20),
                      ("polls: hub: VmHWM, MiB", "at most", 100),
                      ("polls of one topic: hub: VmHWM, MiB", "at most", 100),
                      ("streams: hub: VmHWM, MiB", "at most", 100),
                      ("streams of one topic: hub: VmHWM, MiB", "at most",
                       100))),
    Scenario("subscribe", "subscriptions asked for, verified and active",
             kind="subscribe", subscriptions=20_000, hosts=100,
             settings=_room(64, 1024) + (("verify", "on"),),
             targets=(("subscriptions/s", "at least", 5000),)),
    Scenario("stored", "what a subscription and a waiting job take in Redis",
             kind="stored", subscriptions=1_000_000, jobs=100_000, rounds=1,
             targets=(("bytes of a subscription", "at most", 450),
                      ("bytes of a job in a lane", "at most", 80))),
    Scenario("memory-deliver", "deliver's memory at concurrency 1,024, with "
             "callbacks that answer after 50 ms", kind="memory", subscriptions=2000, events=20,
             hosts=100, delay_ms=50, settings=_room(64, 1024), rounds=3,
             targets=(("deliver: VmHWM, MiB", "at most", 64),)),
    Scenario("crowd", "the main figures with a million unrelated "
             "subscriptions beside those without", kind="crowd",
             subscriptions=0, slices=2, hosts=100, unrelated=1_000_000,
             rounds=3, targets=_flat()),
    Scenario("growth", "one event to 10 to 1,000,000 subscriptions",
             kind="growth", subscriptions=1_000_000, events=1000, hosts=100,
             settings=_room(64, 1024), rounds=3,
             sizes=(10, 100, 1000, 10_000, 100_000, 1_000_000),
             targets=(("rate: 1,000,000 by 10,000", "at least", 0.9),)),
    Scenario("cold", "10,000 callbacks on hosts of their own: connect, POST, "
             "close", subscriptions=10_000, slices=2, hosts=10_000,
             bare_concurrency=256, settings=_room(64, 256), close=True),
    Scenario("tls", "one host by https, a new connection with a resumed "
             "session each time", subscriptions=1000, events=2, slices=2,
             tls=True, close=True, settings=_room(64, 128)),
    Scenario("tls-kept", "one host by https, connections kept",
             subscriptions=1000, events=20, slices=2, tls=True,
             settings=_room(64, 128)),
    Scenario("http2", "one host by HTTP/2", subscriptions=1000, events=15,
             slices=2, tls=True, http2=True,
             settings=_room(64, 128) + (("http2", "yes"),)),
    Scenario("defaults", "as one-host, with the default settings of deliver",
             subscriptions=1000, events=20, slices=2,
             targets=((RATIO, "at least", 0.9),)),
    Scenario("slow-host", "100 callbacks on one host that take 100 ms, with the "
             "default settings of deliver", subscriptions=100, events=20,
             delay_ms=100, targets=((RATE, "at least", 450),)),
]}

DEFAULT = ("one-host", "many-hosts", "1000-hosts", "latency")
