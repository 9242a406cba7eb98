"""An operator who deletes topic groups.  The subscriptions to their topics are
ended: each callback is told, once for each time that nothing explains, and
gets no event from then on."""

import json
import random
import threading

from chaos.admin import UNAVAILABLE, Operator
from chaos.causes import NONE, SETTLING_S
from chaos.fleet import PATIENCE_S
from chaos.plan import SHARDS
from chaos.publishers import is_accepted
from chaos.subscriptions import Subscriber, Subscription
from support.hub import Hub
from support.keys import shard
from support.wait import wait_until

KIND = "ended"
PREFIX = "ended"  # what the names of groups, topics and hosts begin with
WHY_REJECTED = b"the topic has ended"
_PAUSE_S = (0.2, 2)
_EACH = 2  # subscriptions to each topic
_EVENTS = 3
_REFUSED_S = 30  # group_watch_interval_ms, three times


class EndedTopics:
    """`ended`: the subscriptions.  `unexpected`: what no fault explains."""

    def __init__(self, fleet, receivers, publishers, seed):
        self.ended = []
        self.groups = 0
        self.unexpected = []
        self._fleet = fleet
        self._receivers = receivers
        self._publishers = publishers
        self._draw = random.Random(f"{seed} ended topics")
        self._operator = Operator(fleet, self._draw)
        self._subscriber = Subscriber(fleet, self._draw)
        self._hubs = [Hub(address) for address in fleet.hubs]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """What has begun is brought to its end: all programs must run."""
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.wait(self._draw.uniform(*_PAUSE_S)):
            self.groups += 1
            self._live(f"{PREFIX}{self.groups}")

    def _live(self, group):
        prefix, below = ((group, f"{group}.a") if self._draw.random() < 0.5
                         else (f"http://{PREFIX}.example/{group}",
                               f"http://{PREFIX}.example/{group}/a"))
        self._put(group, prefix)
        made = [self._subscribe(topic, f"{group}.{n}{at}")
                for n, topic in enumerate((prefix, below))
                for at in range(_EACH)]
        for subscription in made:
            self._subscriber.wait_active(subscription)
        for topic in (prefix, below) * _EVENTS:
            self._publish(topic, made)
        self._delete(group)
        self.ended += made
        self._late_event(prefix)
        for subscription in made:
            self._subscriber.wait_gone(subscription)

    def _put(self, group, prefix):
        response = self._operator.insist("PUT", f"groups/{group}",
                                         {"prefix": prefix}, "*")
        if response.status != 200:
            self.unexpected.append(f"PUT of group {group}: {response}")

    def _subscribe(self, topic, number):
        url, account = self._receivers.callback(KIND, number)
        subscription = Subscription(topic, KIND, url, account)
        self._subscriber.ask(subscription, "subscribe")
        return subscription

    def _publish(self, topic, subscriptions):
        """Returns once an event has come to all that are to get it."""
        accounts = [s.account for s in subscriptions if s.matches(topic)]

        def accepted():
            number, answer = self._publishers.push_apart(topic)
            return (number,) if is_accepted(answer) else None
        number, = wait_until(accepted, f"{topic} is published", PATIENCE_S)
        wait_until(lambda: all(number in a.accepted for a in accounts),
                   f"event {number} of {topic} has come", PATIENCE_S)

    def _delete(self, group):
        """410: it was deleted by a request whose response was lost."""
        response = self._operator.insist("DELETE", f"groups/{group}",
                                         match="*")
        if response.status not in (200, 410):
            self.unexpected.append(f"DELETE of group {group}: {response}")
        elif response.status == 200:
            shown = json.loads(response.body)
            if not shown.get("deleted"):
                self.unexpected.append(f"DELETE of {group}: {shown}")

    def _late_event(self, topic):
        """One that a hub may still accept, which goes to nobody then; but to
        none of them, in the end."""
        self._publishers.push_apart(topic, has_ended=True)

    def figures(self):
        return {"groups deleted": self.groups,
                "subscriptions ended": len(self.ended),
                "told": sum(bool(s.account.denials) for s in self.ended)}

    def failures(self, causes, accounts):
        """Once all is done.  `accounts`: of all callbacks, by path."""
        for subscription in self.ended:
            self._check(subscription, causes)
        ended = {id(s.account) for s in self.ended}
        self.unexpected += [
            f"{path} was told that it was denied, and nobody ended it"
            for path, account in accounts.items()
            if account.denials and id(account) not in ended]
        if self.ended:
            self._check_refused(self.ended[-1])
        return self.unexpected

    def _check(self, subscription, causes):
        denials = subscription.account.denials
        if not denials:
            self.unexpected.append(f"{subscription.url} was not told that "
                                   f"{subscription.topic} has ended")
            return
        for first, again in zip(denials, denials[1:]):
            if causes.of(shard(subscription.topic, SHARDS), first,
                         again) == NONE:
                self.unexpected.append(
                    f"{subscription.url} was told twice: by {first.by} at "
                    f"{first.at:.3f}, by {again.by} at {again.at:.3f}")
        self.unexpected += [
            f"{subscription.url} got event {number} by {last.by} "
            f"{last.at - denials[0].at:.3f} s after it was told"
            for number, last in subscription.account.last.items()
            if last.at > denials[0].at and
            not self._was_under_way(last, denials[0])]

    def _was_under_way(self, delivery, denial):
        """Whether the program that made the delivery stood still, or waited
        for Redis, since before the denial: it had read the record then."""
        return any(
            mark.begin < delivery.at and
            (mark.end is None or mark.end > denial.at - SETTLING_S)
            for mark in self._fleet.marks if mark.kind == "redis" or
            (mark.kind == "freeze" and mark.name == delivery.by))

    def _check_refused(self, subscription):
        """Every hub refuses what is below a deleted group."""
        for hub in self._hubs:
            try:
                wait_until(lambda hub=hub: self._is_refused(hub, subscription),
                           f"{hub.address} refuses {subscription.topic}",
                           _REFUSED_S)
            except AssertionError as error:
                self.unexpected.append(str(error))

    def _is_refused(self, hub, subscription):
        response = hub.subscribe(subscription.topic, subscription.url)
        if response.status not in (410, UNAVAILABLE):
            return False
        return (response.status == 410 and self._operator.request(
            "PUT", f"groups/{PREFIX}-again", {"prefix": subscription.topic},
            "*", hub).status == 410)
