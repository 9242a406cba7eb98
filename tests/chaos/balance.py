"""The account at the end: what was to arrive against what has arrived."""

import collections

from chaos.causes import CAUSES, NONE, Causes
from chaos.plan import SHARDS
from chaos.receivers import ORDERED
from support.keys import digest, shard


class Balance:
    """Computed once nothing is left to be done.  `missing`: pairs of a
    subscription and an event's number.  `disordered`: what came out of
    order.  `late`: what was fanned out after a later event though an ordered
    subscription was to get it."""

    def __init__(self, fleet, receivers, publishers, subscriptions):
        self._redis = fleet.redis
        self.events = publishers.events
        self.causes_of = Causes(fleet.marks, receivers.lags)
        self.figures = collections.Counter()
        self.causes = dict.fromkeys(CAUSES, 0)
        self.missing = []
        self.disordered = []
        self.late = []
        self.strays = []
        self.duplicates = []  # (cause, subscription, number, first, again)
        self._numbers = {}  # of the events of each topic
        for number, event in enumerate(self.events):
            self._numbers.setdefault(event.topic, []).append(number)
            kind = "accepted" if event.accepted else event.answer
            self.figures[kind] += 1
        for subscription in subscriptions:
            self._count(subscription)
            if subscription.kind in ("away", *ORDERED):
                self._check_order(subscription)

    def _count(self, subscription):
        account = subscription.account
        for number in self._of(subscription):
            if not subscription.expects(self.events[number]):
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

    def _of(self, subscription):
        """The numbers of the events that it matches."""
        return [number for topic, numbers in self._numbers.items()
                if subscription.matches(topic) for number in numbers]

    def unexplained(self):
        """The duplicates that nothing explains which was done."""
        return [row[1:] for row in self.duplicates if row[0] == NONE]

    def _count_duplicates(self, subscription):
        for number, first, again in subscription.account.duplicates:
            cause = self.causes_of.of(
                shard(self.events[number].topic, SHARDS), first, again)
            self.causes[cause] += 1
            self.duplicates.append((cause, subscription, number, first,
                                    again))

    def _check_order(self, subscription):
        """The first arrivals of an ordered subscription come in the order of
        the topic's index, which is that of the ids; an event that was fanned
        out after a later one is in no index.  Of another subscription those
        are in order that were indexed while it was suspended.  A subscription
        to `*` has an index in each shard, and an order in each."""
        places, highest = {}, {}
        for number in subscription.account.accepted:
            event = self.events[number]
            if not event.accepted:
                continue
            where = shard(event.topic, SHARDS)
            if where not in places:
                places[where] = self._places(where, subscription.topic)
            place = places[where]
            at = place.get(_log_id(event.answer))
            if not _has_turn(subscription, at, place):
                continue
            if at is None:
                self.late.append((subscription, number))
            elif at < highest.get(where, -1):
                self.disordered.append((subscription, number))
            else:
                self.figures["in order"] += 1
                highest[where] = at

    def _places(self, where, topic):
        """The places of the events in a topic's index, by their ids."""
        index = self._redis.call(
            "XRANGE", f"websub:{{{where}}}:events:{digest(topic)}", "-", "+")
        return {entry[0].decode(): n for n, entry in enumerate(index)}


def _has_turn(subscription, at, place):
    """Whether order is promised, for an event with this place in the index
    (None: with none): always of an ordered subscription."""
    return subscription.kind in ORDERED or at is not None and any(
        place.get(after, -1) < at <= place.get(last, -1)
        for after, last in subscription.suspended)


def _log_id(event_id):
    """An event's id in its shard's log: without the shard."""
    return event_id.split("-", 1)[1]
