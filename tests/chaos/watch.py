"""Notes when subscriptions were suspended."""

import threading
import time

from chaos.fleet import PatientRedis
from support.keys import digest

_LOOK_S = 0.2


class SuspensionWatch:
    """Gives each subscription `suspended`: pairs of times (monotonic
    seconds) between which it certainly was suspended."""

    def __init__(self, fleet, subscriptions):
        self._fleet = fleet
        self._redis = PatientRedis(fleet)
        self._since = dict.fromkeys(subscriptions)
        self._last = {}
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
            for subscription in self._since:
                self._look(subscription)

    def _look(self, subscription):
        key = self._fleet.store.key(subscription.topic, "suspended")
        member = f"{digest(subscription.topic)}:{digest(subscription.url)}"
        asked = time.monotonic()
        score = self._redis.call("ZSCORE", key, member)
        since = self._since[subscription]
        if score is not None:
            if since is None or since[0] != score:
                self._since[subscription] = (score, time.monotonic())
            self._last[subscription] = asked
        if since is not None and score != since[0]:
            subscription.suspended.append((since[1],
                                           self._last[subscription]))
            if score is None:
                self._since[subscription] = None
