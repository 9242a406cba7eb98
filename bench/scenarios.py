"""The table of scenarios.  A new one is a new row; what a row can't say yet
becomes a new field, with a default that leaves the others as they are."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    subscriptions: int
    events: int              # in each round
    hosts: int = 1           # that the callbacks are spread over
    event_bytes: int = 1024
    publishers: int = 4      # connections to the hub
    rate: int = 0            # events a second; 0: as fast as they are taken
    bare_concurrency: int = 64
    delivers: int = 1        # deliver processes
    settings: tuple = ()     # of the programs, as (name, value)
    latency: bool = False    # the figure is the latency, not the rate

    @property
    def deliveries(self):
        return self.subscriptions * self.events

    def short(self):
        """The same, only to see that it works."""
        return dataclasses.replace(
            self, subscriptions=min(self.subscriptions, 40),
            events=min(self.events, 5), hosts=min(self.hosts, 10))


# On one host: room for as many transfers as the bare loop has, and for the
# jobs that are being loaded or settled meanwhile; more would be parked.
def _room(per_host, concurrency):
    return (("per_host", per_host), ("concurrency", concurrency))


SCENARIOS = {one.name: one for one in [
    Scenario("one-host", "a backlog for 1,000 subscriptions on one host",
             subscriptions=1000, events=40, settings=_room(64, 128)),
    Scenario("many-hosts", "a backlog for 2,000 subscriptions on 100 hosts",
             subscriptions=2000, events=20, hosts=100,
             bare_concurrency=256, settings=_room(64, 1024)),
    Scenario("latency", "one subscription, an idle system, an event each 5 ms",
             subscriptions=1, events=1000, publishers=1, rate=200,
             bare_concurrency=1, latency=True),
    Scenario("steady", "100 subscriptions, 20 events a second",
             subscriptions=100, events=60, publishers=1, rate=20,
             settings=_room(64, 128), latency=True),
    Scenario("defaults", "as one-host, with the default settings of deliver",
             subscriptions=1000, events=10),
]}

DEFAULT = ("one-host", "many-hosts", "latency")
