"""Publishers: numbered events to all topics, and what was answered."""

import http.client
import random
import threading
import time
import urllib.parse

from chaos.plan import SHARDS
from support.keys import shard
from support.redis import Client, RedisError

URLS = tuple(f"http://publisher.example/{n}" for n in range(16))
# At the usual rate the first two come faster than the slow subscribers to them
# could take them one at a time.
TOPICS = (*URLS, *URLS[:2], *URLS[:2], "orders.eu.created",
          "orders.us.created", "stock.changed")
# Has so many subscriptions that an event takes several pages.
CROWD = "http://publisher.example/crowd"
_CROWD_EVERY_S = 2
_CROWD_BURST = 8
# What comes in bursts, and how many at once: each has ordered subscriptions
# and suspended ones.
_BURSTS = ((URLS[0], 200), (URLS[1], 200), ("orders.eu.created", 200),
           (CROWD, _CROWD_BURST))
_TIMEOUT_S = 3


class Event:
    """One push: sent and answered at these times (monotonic seconds).
    `answer`: its id once accepted, "maybe" when the push may have been
    stored, "refused" when it was not."""

    __slots__ = ("topic", "sent", "answered", "answer")

    def __init__(self, topic):
        self.topic = topic
        self.sent = time.monotonic()
        self.answered = None
        self.answer = "maybe"

    def settle(self, answer):
        self.answer = answer
        self.answered = time.monotonic()

    @property
    def accepted(self):
        return is_accepted(self.answer)


def is_accepted(answer):
    return answer not in ("maybe", "refused")


class Publishers:
    """`events`: their numbers are their places.  `unexpected`: answers that no
    fault explains."""

    def __init__(self, fleet, seed, rate, threads=8):
        self.events = []
        self.unexpected = []
        self._lock = threading.Lock()
        self._any = random.Random(f"{seed} apart")
        self._hubs = fleet.hubs
        self._redis_path = fleet.redis.socket_path
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True,
                             args=(random.Random(f"{seed} {n}"), TOPICS,
                                   threads / rate))
            for n in range(threads)]
        self._threads.append(threading.Thread(
            target=self._run, daemon=True,
            args=(random.Random(f"{seed} crowd"), (CROWD,), _CROWD_EVERY_S)))

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def count(self):
        """How many were accepted so far."""
        return sum(event.accepted for event in list(self.events))

    def add(self, topic):
        """A new event of the account; returns its number and itself."""
        event = Event(topic)
        with self._lock:
            number = len(self.events)
            self.events.append(event)
        return number, event

    def push_apart(self, topic, has_ended=False):
        """An event that this account requires nowhere: returns its number and
        what was answered.  `has_ended`: 410 is one of the answers."""
        number, event = self.add(topic)
        answer = self._push(self._any.choice(self._hubs), number, event,
                            has_ended)
        event.settle("maybe")
        return number, answer

    def burst(self, choice):
        """Many events of one topic at once."""
        self._append(*_BURSTS[int(choice * len(_BURSTS))])

    def crowd_burst(self):
        """Events that take many pages."""
        self._append(CROWD, _CROWD_BURST)

    def _append(self, topic, count):
        """As a direct producer."""
        made = [self.add(topic) for _ in range(count)]
        where = shard(topic, SHARDS)
        try:
            client = Client(self._redis_path)
        except OSError:
            for _, event in made:
                event.settle("refused")
            return
        try:
            answers = client.call_many(
                ("XADD", f"websub:{{{where}}}:log", "*", "v", 1, "t", topic,
                 "ct", "text/plain", "b", f"{number} {topic}")
                for number, _ in made)
        except OSError:
            answers = [RedisError("cut off")] * len(made)
        finally:
            client.close()
        for (_, event), answer in zip(made, answers):
            event.settle("maybe" if isinstance(answer, RedisError)
                         else f"{where}-{answer.decode()}")

    def _run(self, draw, topics, every_s):
        while not self._stopped.wait(draw.uniform(0, 2 * every_s)):
            number, event = self.add(draw.choice(topics))
            event.settle(self._push(draw.choice(self._hubs), number, event))

    def _push(self, hub, number, event, has_ended=False):
        link = http.client.HTTPConnection(hub, timeout=_TIMEOUT_S)
        try:
            link.connect()
        except OSError:
            return "refused"
        try:
            query = urllib.parse.urlencode({"hub.topic": event.topic})
            link.request("POST", "/publish?" + query,
                         f"{number} {event.topic}",
                         {"Content-Type": "text/plain"})
            answer = link.getresponse()
            return self._judge(hub, answer, answer.read(), has_ended)
        except (OSError, http.client.HTTPException):
            return "maybe"
        finally:
            link.close()

    def _judge(self, hub, answer, body, has_ended):
        if answer.status == 202:
            return answer.headers["Location"].rpartition("/")[2]
        if answer.status == 410 and has_ended:
            return "refused"
        if answer.status != 503:  # Redis is away
            self.unexpected.append(f"{hub}: {answer.status} {body!r}")
        return "maybe"
