"""The account at the end: what was to arrive against what has arrived."""

import collections

from chaos.causes import CAUSES, Causes
from chaos.plan import SHARDS
from support.keys import digest, shard


class Balance:
    """Computed once nothing is left to be done.  `missing`: pairs of a
    subscription and an event's number.  `disordered`: what came out of
    order.  `late`: what was fanned out after a later event though an ordered
    subscription was to get it."""

    def __init__(self, fleet, receivers, publishers, subscriptions):
        self._store = fleet.store
        self._redis = fleet.redis
        self.events = publishers.events
        self._causes = Causes(fleet.marks, receivers.lags)
        self.figures = collections.Counter()
        self.causes = dict.fromkeys(CAUSES, 0)
        self.missing = []
        self.disordered = []
        self.late = []
        self.strays = []
        self.duplicates = []  # (cause, subscription, number, first, again)
        for event in self.events:
            kind = "accepted" if event.accepted else event.answer
            self.figures[kind] += 1
        for subscription in subscriptions:
            self._count(subscription)
            if subscription.kind in ("ordered", "away"):
                self._check_order(subscription)

    def _count(self, subscription):
        account = subscription.account
        for number, event in enumerate(self.events):
            if not subscription.expects(event):
                continue
            self.figures["expected"] += 1
            if number in account.accepted:
                self.figures["received"] += 1
            else:
                self.missing.append((subscription, number))
        for number in account.accepted:
            event = self.events[number]
            if not subscription.matches(event.topic):
                self.strays.append((subscription, number))
            elif not subscription.expects(event):
                self.figures["allowed"] += 1
        self.figures["repeated"] += account.repeated
        self._count_duplicates(subscription)

    def _count_duplicates(self, subscription):
        for number, first, again in subscription.account.duplicates:
            cause = self._causes.of(
                shard(self.events[number].topic, SHARDS), first, again)
            self.causes[cause] += 1
            self.duplicates.append((cause, subscription, number, first,
                                    again))

    def _check_order(self, subscription):
        """The first arrivals of an ordered subscription come in the order of
        the topic's index, which is that of the ids; an event that was fanned
        out after a later one is in no index.  Of another subscription those
        are in order that were indexed while it was suspended."""
        td = digest(subscription.topic)
        index = self._redis.call(
            "XRANGE", self._store.key(subscription.topic, f"events:{td}"),
            "-", "+")
        place = {entry[0].decode(): n for n, entry in enumerate(index)}
        highest = -1
        for number in subscription.account.accepted:
            event = self.events[number]
            at = event.accepted and place.get(_log_id(event.answer))
            if not event.accepted or not _has_turn(subscription, at, place):
                continue
            if at is None:
                self.late.append((subscription, number))
            elif at < highest:
                self.disordered.append((subscription, number))
            else:
                self.figures["in order"] += 1
                highest = at


def _has_turn(subscription, at, place):
    """Whether order is promised, for an event with this place in the index
    (None: with none): always of an ordered subscription."""
    return subscription.kind == "ordered" or at is not None and any(
        place.get(after, -1) < at <= place.get(last, -1)
        for after, last in subscription.suspended)


def _log_id(event_id):
    """An event's id in its shard's log: without the shard."""
    return event_id.split("-", 1)[1]
