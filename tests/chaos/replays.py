"""An operator who has events delivered again, and cancels some of that.  What
is delivered again has an account of its own: it counts for no delivery of the
event that the subscription is to get anyway."""

import datetime
import json
import random
import threading
import time

from chaos.admin import UNAVAILABLE, Operator
from chaos.fleet import PatientRedis
from chaos.plan import SHARDS
from chaos.publishers import CROWD, URLS
from support.keys import shard
from support.wait import wait_until

# With subscriptions that last.  The last ones are replayed for one callback
# only: to all would take the whole run.
_TOPICS = (*URLS[:7], "orders", "orders.eu", "stock", "*", CROWD)
_FOR_ONE = (CROWD,)
_EVERY_S = (0.3, 2)
_EVENTS_MOST = 40  # in a range
_OPEN_END = 0.3    # of the ranges: up to now
_TIMES = 0.3       # of the ends are times
_ONE = 0.5         # of the replays are for one subscription
_CANCELS = 0.15
_ALL_ENDED_S = 120
_FULL = 409


class _Order:
    """`events`: what must come, by number.  `id` is None when no response
    came."""

    def __init__(self, fields, targets, events):
        self.at = time.monotonic()
        self.fields = fields
        self.targets = targets
        self.events = events
        self.id = None

    def is_it(self, row):
        return all(self.fields.get(name) == row[name]
                   for name in ("topic", "from", "to", "callback"))


class Replays:
    """`lasting`: the subscriptions that may get replays.  `unexpected`:
    responses that no fault explains."""

    def __init__(self, fleet, publishers, lasting, seed):
        self.unexpected = []
        self._publishers = publishers
        self._lasting = lasting
        self._draw = random.Random(f"{seed} replays")
        self._operator = Operator(fleet, self._draw)
        self._redis = PatientRedis(fleet)
        self._orders = []
        self._rows = []
        self._full = 0
        self._expected = 0
        self._missing = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Once no order is made any more, those that were must come to their
        end: all programs must run."""
        self._stopped.set()
        self._thread.join()

    def wait_ended(self):
        wait_until(lambda: not self._running(), "all replays have ended",
                   _ALL_ENDED_S)

    def _running(self):
        return sum(self._redis.call("ZCARD", f"websub:{{{n}}}:replaying")
                   for n in range(SHARDS))

    def _run(self):
        while not self._stopped.wait(self._draw.uniform(*_EVERY_S)):
            order = self._plan()
            if order:
                self._send(order)
            if self._orders and self._draw.random() < _CANCELS:
                self._cancel(self._orders[-1])

    def _plan(self):
        """An order, unless nothing is known that could be delivered again."""
        topic = self._draw.choice(_TOPICS)
        targets = [s for s in self._lasting if s.topic == topic]
        known = self._known(targets[0])
        if not known:
            return None
        first = self._draw.randrange(len(known))
        last = min(len(known) - 1, first + self._draw.randrange(_EVENTS_MOST))
        fields = {"topic": topic, "from": self._edge(topic, known[first])}
        if self._draw.random() >= _OPEN_END:
            fields["to"] = self._edge(topic, known[last])
        if topic in _FOR_ONE or self._draw.random() < _ONE:
            targets = [self._draw.choice(targets)]
            fields["callback"] = targets[0].url
        return _Order(fields, targets, _between(known, fields))

    def _known(self, subscription):
        """Places (ms, sequence number, shard) and numbers of the events that
        are in the log, in the order of their places."""
        found = []
        for number, event in enumerate(list(self._publishers.events)):
            if (event.accepted and event.answer.count("-") == 2 and
                    subscription.matches(event.topic)):
                where, ms, seq = map(int, event.answer.split("-"))
                found.append(((ms, seq, where), number))
        return sorted(found)

    def _edge(self, topic, known):
        (ms, seq, where), _ = known
        if topic != "*" and self._draw.random() >= _TIMES:
            return f"{where}-{ms}-{seq}"
        return datetime.datetime.fromtimestamp(
            ms / 1000, datetime.timezone.utc).isoformat(
                timespec="milliseconds")

    def _send(self, order):
        response = self._operator.request("POST", "replay", order.fields)
        if response is not None and response.status == _FULL:
            self._full += 1
            return
        self._orders.append(order)
        if response is not None and response.status == 202:
            order.id = json.loads(response.body)["id"]
        elif response is not None and response.status != UNAVAILABLE:
            self.unexpected.append(f"replay of {order.fields}: {response}")

    def _cancel(self, order):
        """409: it has ended before; 404: no shard has it, which is so only
        when it was not known to be accepted."""
        if order.id is None:
            return
        response = self._operator.request("POST",
                                          f"replay/{order.id}/cancel")
        if response is not None and response.status not in (
                200, _FULL, UNAVAILABLE):
            self.unexpected.append(f"cancel of {order.id}: {response}")

    def settle(self):
        """Once nothing is left to be done: compares."""
        rows = self._operator.get("replay")["replays"]
        self._rows = rows
        for row in rows:
            orders = [o for o in self._orders if o.id == row["id"]] or [
                o for o in self._orders if o.id is None and o.is_it(row)]
            if not orders:
                self.unexpected.append(f"nobody ordered the replay {row}")
            elif row["state"] == "done":
                self._check(orders[0], row)
            elif row["state"] == "running":
                self.unexpected.append(f"the replay {row} still runs")
        listed = {row["id"] for row in rows}
        self.unexpected += [f"the replay {o.id} of {o.fields} is lost"
                            for o in self._orders
                            if o.id is not None and o.id not in listed]

    def _check(self, order, row):
        for subscription in order.targets:
            again = subscription.account.replays
            for number in order.events:
                self._expected += 1
                if again.accepted.get(number, 0) < order.at:
                    self._missing.append((row["id"], subscription, number,
                                          order))

    def failures(self):
        events = self._publishers.events
        return self.unexpected + [
            f"replay {name} is done, and event {number} "
            f"({events[number].answer}) did not come to {subscription.url}, "
            f"subscribed to {subscription.topic}: "
            f"{self._seen(subscription, number, order)}"
            for name, subscription, number, order in self._missing]

    @staticmethod
    def _seen(subscription, number, order):
        """What came of the event, in seconds after the order."""
        account = subscription.account
        return ", ".join(
            f"{what} at {last.at - order.at:.3f} by {last.by}: {last.fate}"
            for what, last in (("replayed", account.replays.last.get(number)),
                               ("live", account.last.get(number))) if last)

    def figures(self):
        states = [row["state"] for row in self._rows]
        return {"ordered": len(self._orders), "full": self._full,
                "done": states.count("done"),
                "cancelled": states.count("cancelled"),
                "posted": sum(row["deliveries"] for row in self._rows),
                "expected": self._expected, "missing": len(self._missing)}


def _between(known, fields):
    """The numbers of the events of a range."""
    first, last = _place(fields["from"]), _place(fields.get("to"), False)
    return [number for place, number in known if first <= place <= last]


def _place(edge, is_first=True):
    """Of an event's id; of a time the lowest place, or the highest one."""
    beyond = (float("inf"),) * 3
    if edge is None:
        return beyond
    if "T" in edge:
        ms = round(datetime.datetime.fromisoformat(edge).timestamp() * 1000)
        return (ms,) if is_first else (ms, *beyond[1:])
    where, ms, seq = map(int, edge.split("-"))
    return ms, seq, where
