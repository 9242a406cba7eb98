"""Clients that pull: by requests, with explicit acknowledgement and without,
and by streams that come back.  Each keeps an account of what it got."""

import http.client
import json
import random
import threading
import time

from chaos.fleet import PATIENCE_S
from chaos.publishers import URLS
from support.puller import PATH
from support.sse import EventStream
from support.wait import wait_until

# What each client of a kind wants; None: every topic.
_TOPICS = {
    "explicit": (URLS[:4], ("*",), ("orders", "stock.changed", URLS[0]), None),
    "auto": (URLS[2:6], ("*",), (*URLS, "orders.eu"), None),
    "stream": (URLS[:3], ("*",), (*URLS, "stock"), ("orders", URLS[7])),
}
_DIES = 0.1    # of batches are not acknowledged
_LEAVES = 0.1  # of requests wait for a client that does not stay
_CUTS = 0.004  # of a stream's events are the last ones of its connection
_WAIT_S = 2
_TIMEOUT_S = 30  # longer than anything stands still
_PAUSE_S = 0.1
_QUIET_S = 5     # so long after the end nothing comes any more
_PING_S = 15


class Account:
    """What one client got.  `begin`: it wants what was sent after that
    (monotonic seconds)."""

    def __init__(self, kind, topics):
        self.kind = kind
        self.topics = topics
        self.begin = None
        self.got = set()  # numbers of events
        self.again = 0
        self.torn = 0     # responses that broke off
        self.gaps = 0
        self.disordered = []
        self.last_at = time.monotonic()
        self._highest = {}

    def take(self, event_id, number):
        self.last_at = time.monotonic()
        if number in self.got:
            self.again += 1
            return
        self.got.add(number)
        shard, ms, seq = map(int, event_id.split("-"))
        if (ms, seq) < self._highest.get(shard, (0, 0)):
            self.disordered.append(number)
        else:
            self._highest[shard] = (ms, seq)

    def expects(self, event):
        return (event.accepted and event.sent > self.begin and
                self._matches(event.topic))

    def _matches(self, topic):
        return self.topics is None or any(
            topic == wanted or ":" not in topic and
            (wanted == "*" or topic.startswith(wanted + "."))
            for wanted in self.topics)


class Pullers:
    """`accounts`: of all clients.  `unexpected`: responses that no fault
    explains."""

    def __init__(self, fleet, publishers, seed):
        self._hubs = fleet.hubs
        self._publishers = publishers
        self._stopped = threading.Event()
        self.unexpected = []
        self.accounts = []
        self._threads = []
        self._streams = set()  # that are open
        runs = {"explicit": self._poll, "auto": self._poll,
                "stream": self._stream}
        for kind, topics in _TOPICS.items():
            for n, wanted in enumerate(topics):
                account = Account(kind, wanted)
                self.accounts.append(account)
                self._threads.append(threading.Thread(
                    target=runs[kind], daemon=True,
                    args=(account, f"{kind}-{n}",
                          random.Random(f"{seed} {kind} {n}"))))

    def start(self):
        """All have begun when this returns."""
        for thread in self._threads:
            thread.start()
        wait_until(lambda: all(a.begin is not None for a in self.accounts),
                   "all who pull have begun", PATIENCE_S)

    def stop(self):
        """Once nothing is pushed any more, and all programs run."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and (
                any(self.missing(account) for account in self.accounts) or
                any(a.last_at > time.monotonic() - _QUIET_S
                    for a in self.accounts)):
            time.sleep(_PAUSE_S)
        self._stopped.set()
        for stream in list(self._streams):
            stream.cut()
        for thread in self._threads:
            thread.join(_TIMEOUT_S + _PING_S)

    def missing(self, account):
        return [n for n, event in enumerate(list(self._publishers.events))
                if account.expects(event) and n not in account.got]

    def figures(self):
        """Of each kind."""
        found = {}
        for account in self.accounts:
            row = found.setdefault(account.kind, dict.fromkeys(
                ("got", "again", "torn", "gaps", "missing", "out of order"),
                0))
            row["got"] += len(account.got)
            row["again"] += account.again
            row["torn"] += account.torn
            row["gaps"] += account.gaps
            row["missing"] += len(self.missing(account))
            row["out of order"] += len(account.disordered)
        return found

    def failures(self):
        """Whoever acknowledges nothing may miss what was in a response that
        broke off; nobody else misses anything, and nobody gets a shard's
        events out of order."""
        found = list(self.unexpected)
        for account in self.accounts:
            missing = self.missing(account)
            if missing and not (account.kind == "auto" and account.torn):
                found.append(f"{account.kind} {account.topics} misses "
                             f"{len(missing)}: {missing[:10]}")
            if account.disordered:
                found.append(f"{account.kind} {account.topics} got out of "
                             f"order: {account.disordered[:10]}")
        return found

    def _poll(self, account, name, rand):
        topics = {} if account.topics is None else {
            "topics": list(account.topics)}
        ack = "explicit" if account.kind == "explicit" else "auto"
        while account.begin is None:
            added = self._act(account, rand, action="add", id=name, ttl=3600,
                              ack=ack, **topics)
            if added is not None:
                account.begin = time.monotonic()
        last = None
        while not self._stopped.is_set():
            last = self._fetch(account, name, rand, last)

    def _fetch(self, account, name, rand, last):
        """Returns the last id that is to be acknowledged.  To acknowledge it is to
        acknowledge what was handed out before, also to a request that was left
        and may still be on its way: what comes then counts for nothing, and comes
        again."""
        more = {} if last is None else {"after": last}
        leaves = account.kind == "explicit" and rand.random() < _LEAVES
        if leaves:
            self._leave(name, rand)
        found = self._act(account, rand, action="getMessages", id=name,
                          timeout=_WAIT_S, format="object",
                          max=rand.choice((1, 10, 100, 1000)), **more)
        if found is None or leaves:
            self._stopped.wait(_PAUSE_S)
            return None
        account.gaps += found.get("missed", 0)
        for message in found["messages"]:
            account.take(message["id"], int(message["data"].split()[0]))
        return None if rand.random() < _DIES else found.get("last")

    def _leave(self, name, rand):
        """A client that goes while it waits, or while it is responded to."""
        link = http.client.HTTPConnection(rand.choice(self._hubs),
                                          timeout=_TIMEOUT_S)
        try:
            self._send(link, action="getMessages", id=name, timeout=_WAIT_S)
            self._stopped.wait(rand.uniform(0, 2 * _PAUSE_S))
        except OSError:
            pass
        finally:
            link.close()

    def _send(self, link, **body):
        link.request("POST", PATH, json.dumps(body),
                     {"Content-Type": "application/json"})

    def _act(self, account, rand, **body):
        """The parsed response; None when there was none, or 503."""
        link = http.client.HTTPConnection(rand.choice(self._hubs),
                                          timeout=_TIMEOUT_S)
        try:
            self._send(link, **body)
            response = link.getresponse()
        except (OSError, http.client.HTTPException):
            link.close()
            return None
        try:
            text = response.read()
        except (OSError, http.client.HTTPException):
            account.torn += 1
            return None
        finally:
            link.close()
        return self._judge(body, response.status, text)

    def _judge(self, body, status, text):
        if status == 200 or (status == 409 and body["action"] == "add"):
            return json.loads(text)
        if status != 503:
            self.unexpected.append(f"{body}: {status} {text!r}")
        return None

    def _stream(self, account, _name, rand):
        last = None
        while not self._stopped.is_set():
            try:
                last = self._read(account, rand, last)
            except (OSError, ValueError, IndexError):
                pass
            self._stopped.wait(_PAUSE_S)

    def _read(self, account, rand, last):
        """Returns the last event's id; one that was not read is sent again."""
        stream = EventStream(rand.choice(self._hubs), *account.topics,
                             last_event_id=last)
        self._streams.add(stream)
        try:
            if stream.status != 200:
                return last
            if last is None:  # it begins now
                account.begin = time.monotonic()
            while not self._stopped.is_set():
                event = stream.next()
                if event is None:
                    return last
                if event["event"] == "gap":
                    account.gaps += json.loads(event["data"])["missed"]
                    continue
                last = event["id"]
                account.take(last, int(event["data"].split()[0]))
                if rand.random() < _CUTS:
                    return last
            return last
        except OSError:
            return last
        finally:
            self._streams.discard(stream)
            stream.close()
