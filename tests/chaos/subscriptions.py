"""Subscriptions: those that last for the whole run, and those that come and
go in it."""

import http.client
import random
import threading
import time

from chaos.fleet import PATIENCE_S, PatientRedis
from chaos.plan import SHARDS
from chaos.publishers import CROWD, URLS
from chaos.receivers import ORDERED
from support.hub import Hub
from support.keys import digest, shard
from support.wait import wait_until

_IN_ORDER = [("hub.websubd.ordered", "true")]
# What each kind subscribes to, a callback each.
_LASTING = {
    "good": (*URLS, *URLS, *URLS, "orders", "orders.eu", "stock.changed",
             "*"),
    "slow": (URLS[0], URLS[1], "orders.eu"),
    "flaky": (URLS[0], URLS[2], "stock"),
    "busy": (URLS[1], "orders.us"),
    "closing": (URLS[0], URLS[3], "*"),
    "resetting": (URLS[2], "orders"),
    "crowd": (CROWD,) * 750,  # a first page, a whole one, and a part of one
    "ordered": (URLS[0], URLS[2], CROWD, "orders", "*"),
    "ordered_flaky": (URLS[4], "stock"),
    "ordered_away": (URLS[1], URLS[5], "orders.us"),
    "away": (URLS[0], URLS[1], URLS[6], CROWD, "orders.eu"),
}
_CHURNS = 3           # threads, each with one subscription at a time
_LIFE_S = (1, 8)
_SENT_APART_S = 1     # events stand in the order of their times, but for this


class Subscription:
    """`begin` and `end`: the subscription certainly lasted between these
    times (monotonic seconds; None: no limit)."""

    def __init__(self, topic, kind, url, account):
        self.topic = topic
        self.kind = kind
        self.url = url
        self.account = account
        self.begin = None
        self.end = None

    def matches(self, topic):
        return (self.topic == topic or ":" not in topic and
                (self.topic == "*" or topic.startswith(self.topic + ".")))

    def expects(self, event):
        """Whether an accepted event must arrive."""
        return (event.accepted and self.matches(event.topic) and
                (self.begin is None or event.sent > self.begin) and
                (self.end is None or event.answered < self.end))


class Subscriber:
    """Asks hubs for subscriptions until they accept; one thread's."""

    def __init__(self, fleet, draw):
        self._hubs = [Hub(address) for address in fleet.hubs]
        self._redis = PatientRedis(fleet)
        self._draw = draw

    def ask(self, subscription, mode, extra=()):
        def accepted():
            try:
                answer = self._draw.choice(self._hubs).subscribe(
                    subscription.topic, subscription.url, mode=mode,
                    extra=extra)
            except (OSError, http.client.HTTPException):
                return False
            assert answer.status in (202, 503), answer
            return answer.status == 202
        wait_until(accepted, f"{mode} {subscription.url}", PATIENCE_S)

    def wait_active(self, subscription):
        wait_until(lambda: self._records(subscription) ==
                   len(self._topics(subscription)),
                   f"{subscription.url} is active", PATIENCE_S)

    def wait_gone(self, subscription):
        wait_until(lambda: self._records(subscription) == 0,
                   f"{subscription.url} is gone", PATIENCE_S)

    def _records(self, subscription):
        """In how many shards it is active: `*` has a copy in each."""
        return sum(self._redis.call("HEXISTS", key, digest(subscription.url))
                   for key in self._topics(subscription))

    def _topics(self, subscription):
        shards = (range(SHARDS) if subscription.topic == "*"
                  else [shard(subscription.topic, SHARDS)])
        return [f"websub:{{{n}}}:sub:{digest(subscription.topic)}"
                for n in shards]


def subscribe_lasting(fleet, receivers, announced, seed):
    """Makes all that last, two of them to each of the `announced` topics;
    returns them once they are active."""
    subscriber = Subscriber(fleet, random.Random(seed))
    made = []
    for kind, topics in {**_LASTING, "fetched": announced * 2}.items():
        for number, topic in enumerate(topics):
            url, account = receivers.callback(kind, number)
            made.append(Subscription(topic, kind, url, account))
    for subscription in made:
        subscriber.ask(subscription, "subscribe",
                       _IN_ORDER if subscription.kind in ORDERED else ())
    for subscription in made:
        subscriber.wait_active(subscription)
    return made


class Churn:
    """Subscriptions that come and go.  One ends once it has got what was
    accepted while it lasted: what is on its way when a subscription ends
    is nobody's any more, and could not be told from a loss."""

    def __init__(self, fleet, receivers, publishers, seed):
        self.made = []
        self._fleet = fleet
        self._receivers = receivers
        self._publishers = publishers
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True,
                             args=(f"{n}", random.Random(f"{seed} c{n}")))
            for n in range(_CHURNS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """What lasts at that moment goes on to last."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name, draw):
        subscriber = Subscriber(self._fleet, draw)
        number = 0
        while not self._stopped.is_set():
            self._live(subscriber, draw, f"{name}.{number}")
            number += 1

    def _live(self, subscriber, draw, name):
        url, account = self._receivers.callback("churn", name)
        subscription = Subscription(draw.choice((*URLS[:4], "orders", "*")),
                                    "churn", url, account)
        subscriber.ask(subscription, "subscribe")
        subscriber.wait_active(subscription)
        subscription.begin = time.monotonic()
        self.made.append(subscription)
        if self._stopped.wait(draw.uniform(*_LIFE_S)):
            return
        end = time.monotonic()
        while not self._has_all(subscription, end):
            if self._stopped.wait(0.1):
                return
        subscription.end = end
        subscriber.ask(subscription, "unsubscribe")
        subscriber.wait_gone(subscription)

    def _has_all(self, subscription, end):
        """Whether all has arrived that was accepted before `end`."""
        events = list(self._publishers.events)
        for number in range(len(events) - 1, -1, -1):
            event = events[number]
            if event.sent < subscription.begin - _SENT_APART_S:
                break
            if (event.answered is not None and event.answered < end and
                    subscription.expects(event) and
                    number not in subscription.account.accepted):
                return False
        return True
