"""Notes which events came while subscriptions were suspended."""

import threading
import time

from chaos.fleet import PatientRedis
from support.keys import digest

_LOOK_S = 0.2


class SuspensionWatch:
    """Gives each subscription `suspended`: pairs of ids.  The events after
    the first, up to the second, entered the topic's index while it certainly
    was suspended."""

    def __init__(self, fleet, subscriptions):
        self._fleet = fleet
        self._redis = PatientRedis(fleet)
        self._subscriptions = subscriptions
        self._open = {}  # subscription -> since when (score), and the pair
        for subscription in subscriptions:
            subscription.suspended = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.wait(_LOOK_S):
            for subscription in self._subscriptions:
                self._look(subscription)

    def _look(self, subscription):
        """The end of the index is looked at before a look that still finds
        the same suspension, or after one that finds a new one."""
        store = self._fleet.store
        td = digest(subscription.topic)
        tail = self._tail(subscription)
        since = self._redis.call(
            "ZSCORE", store.key(subscription.topic, "suspended"),
            f"{td}:{digest(subscription.url)}")
        known = self._open.get(subscription)
        if known and known[0] == since:
            known[1][1] = tail
        elif since is not None:
            tail = self._tail(subscription)
            self._open[subscription] = since, [tail, tail]
            subscription.suspended.append(self._open[subscription][1])
        else:
            self._open.pop(subscription, None)

    def _tail(self, subscription):
        """The id of the last event of the topic's index."""
        key = self._fleet.store.key(subscription.topic,
                                    f"events:{digest(subscription.topic)}")
        last = self._redis.call("XREVRANGE", key, "+", "-", "COUNT", 1)
        return last[0][0].decode() if last else None
