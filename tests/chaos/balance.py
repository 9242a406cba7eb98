"""The account at the end: what was to arrive against what has arrived."""

import collections

from chaos.causes import CAUSES, Causes
from chaos.plan import SHARDS
from support.keys import digest, shard


class Balance:
    """Computed once nothing is left to be done.  `missing`: pairs of a
    subscription and an event's number.  `disordered`: what came out of
    order."""

    def __init__(self, fleet, receivers, publishers, subscriptions):
        self._store = fleet.store
        self._redis = fleet.redis
        self.events = publishers.events
        self._causes = Causes(fleet.marks, receivers.lags)
        self.figures = collections.Counter()
        self.causes = dict.fromkeys(CAUSES, 0)
        self.missing = []
        self.disordered = []
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
        the topic's index.  An event that was fanned out after a later one
        (its spreader had ended) is in no index and comes when it can."""
        td = digest(subscription.topic)
        index = self._redis.call(
            "XRANGE", self._store.key(subscription.topic, f"events:{td}"),
            "-", "+")
        place = {entry[0].decode(): n for n, entry in enumerate(index)}
        highest = -1
        for number in subscription.account.accepted:
            event = self.events[number]
            if not event.accepted or not self._was_followed(subscription,
                                                            event):
                continue
            at = place.get(_log_id(event.answer))
            if at is None:
                self.figures["late"] += 1
            elif at < highest:
                self.disordered.append((subscription, number))
            else:
                self.figures["in order"] += 1
                highest = at

    def _was_followed(self, subscription, event):
        """Whether order is promised: always of an ordered subscription, of
        another one while it is suspended."""
        return subscription.kind == "ordered" or any(
            begin < event.sent and event.answered < end
            for begin, end in subscription.suspended)


def _log_id(event_id):
    """An event's id in its shard's log: without the shard."""
    return event_id.split("-", 1)[1]
