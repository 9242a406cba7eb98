"""A publisher that announces its topics, and changes each once its last
content has arrived: so every content must arrive, though announcements of one
topic may become one fetch."""

import http.client
import random
import threading

from support.hub import Hub
from support.publisher import Publisher
from support.wait import wait_until

_TOPICS = 6
_EVERY_S = 0.2
_PATIENCE_S = 60
_UNKNOWN = "fetched-unknown"  # the spreader makes the event, and tells nobody


class Announcer:
    """`urls`: the topics.  Its events are in the account of the other
    publishers."""

    def __init__(self, fleet, publishers, seed):
        self._server = Publisher()
        self._topics = [self._server.topic(f"/{n}", content_type="text/plain",
                                           validators=False)
                        for n in range(_TOPICS)]
        self.urls = [topic.url for topic in self._topics]
        self._accounts = {url: [] for url in self.urls}
        self._publishers = publishers
        self._hubs = [Hub(address) for address in fleet.hubs]
        self._draw = random.Random(f"{seed} announcer")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def subscribed(self, subscriptions):
        """Whose arrivals are waited for."""
        for subscription in subscriptions:
            self._accounts.get(subscription.topic, []).append(
                subscription.account)

    def start(self):
        self._thread.start()

    def stop(self):
        """The last contents may have yet to arrive."""
        self._stopped.set()
        self._thread.join()

    def close(self):
        self._server.close()

    def _run(self):
        last = {}  # number by topic
        while not self._stopped.wait(_EVERY_S):
            topic = self._draw.choice(self._topics)
            if topic not in last or all(
                    last[topic] in account.accepted
                    for account in self._accounts[topic.url]):
                last[topic] = self._change(topic)

    def _change(self, topic):
        number, event = self._publishers.add(topic.url)
        topic.update(f"{number} {topic.url}".encode())
        wait_until(lambda: self._announce(topic), f"{topic.url} is announced",
                   _PATIENCE_S)
        event.settle(_UNKNOWN)
        return number

    def _announce(self, topic):
        try:
            answer = self._draw.choice(self._hubs).announce(topic.url)
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status in (204, 503), answer
        return answer.status == 204
