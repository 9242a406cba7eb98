"""The subscribers' side: callbacks that behave as their kind says, and an
account of every delivery.

A path is /KIND/NUMBER; each kind listens on a port of its own, so that to
deliver it is a host of its own.
"""

import asyncio
import random
import re
import socket
import struct
import time

from chaos.ports import kept_port
from support.sink import OK, Sink, header

# What the kinds of AWAY listen on is closed for a time.  Subscriptions of the
# kinds of ORDERED ask for their events in order.
AWAY = ("away", "ordered_away")
ORDERED = ("ordered", "ordered_flaky", "ordered_away")
KINDS = ("good", "crowd", "fetched", "slow", "flaky", "busy", "closing",
         "resetting", "churn", "ended", "away", *ORDERED)
_SLOW_S = (0.05, 0.2)
_FLAKY = 0.1  # of deliveries are answered 500
_BUSY = 0.2   # ... 429
_RESETS = 0.05
_CLOSES = 0.5
_LAG_TICK_S = 0.05
_LAG_S = 0.25  # the loop was kept from running: answers may have been late

_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
_BUSY_ANSWER = (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
                b"Content-Length: 0\r\n\r\n")
_AGENT = re.compile(rb"\+http://hub\.example/(\S+?)[;)]")


class Arrival:
    """A delivery: when, made by which program, and what was answered: ok,
    refused, reset, or None while the answer is held back."""

    __slots__ = ("at", "by", "fate", "answered")

    def __init__(self, by):
        self.at = time.monotonic()
        self.by = by
        self.fate = None
        self.answered = None

    def settle(self, fate):
        self.fate = fate
        self.answered = time.monotonic()


class _Account:
    """Deliveries.  Events are numbers."""

    def __init__(self):
        self.last = {}        # event -> its last Arrival
        self.accepted = {}    # event -> when last; in the order of the first
        self.duplicates = []  # (event, Arrival before, Arrival)
        self.repeated = 0     # deliveries of what had been refused

    def arrive(self, event, by):
        arrival = Arrival(by)
        before = self.last.get(event)
        if before is not None and before.fate == "refused":
            self.repeated += 1
        elif before is not None:
            self.duplicates.append((event, before, arrival))
        self.last[event] = arrival
        return arrival

    def accept(self, event):
        self.accepted[event] = time.monotonic()


class Account(_Account):
    """What one callback got.  `replays`: what was delivered again because an
    operator wanted it; apart from the rest.  `denials`: Arrivals."""

    def __init__(self):
        super().__init__()
        self.replays = _Account()
        self.denials = []


class Receivers(Sink):
    """`accounts`: by path.  `lags`: when the loop did not run in time.
    `is_away`: those of AWAY are."""

    def __init__(self, seed):
        super().__init__()
        self._draw = random.Random(seed)
        self.accounts = {}
        self.lags = []
        self._servers = {}
        self._ports = {}
        self._open = set()  # connections to those of AWAY
        self.is_away = False
        for kind in KINDS:
            self._ports[kind] = kept_port()
            self._servers[kind] = self._run(self._listen(self._ports[kind]))
        self._loop.call_soon_threadsafe(self._watch, time.monotonic())

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine,
                                                self._loop).result(30)

    def callback(self, kind, number):
        """Makes a callback; returns its URL and its account."""
        path = f"/{kind}/{number}"
        self.accounts[path] = Account()
        return (f"http://127.0.0.1:{self._ports[kind]}{path}",
                self.accounts[path])

    def _watch(self, due):
        now = time.monotonic()
        if now - due > _LAG_S:
            self.lags.append((due, now))
        self._loop.call_later(_LAG_TICK_S, self._watch, now + _LAG_TICK_S)

    def go_away(self):
        """Nobody answers at the ports of AWAY, and what was open is cut."""
        self._run(self._close_away())

    async def _close_away(self):
        self.is_away = True
        for kind in AWAY:
            self._servers[kind].close()
        for transport in self._open:
            transport.abort()
        self._open.clear()

    def come_back(self):
        self.is_away = False
        for kind in AWAY:
            self._servers[kind] = self._run(self._listen(self._ports[kind]))

    def deny(self, lines, path):
        told = Arrival(_program(lines))
        told.settle("ok")
        self.accounts[path].denials.append(told)

    def deliver(self, transport, lines, target, body):
        self.total += 1
        account = self.accounts[target]
        if header(lines, b"websubd-replay") == b"1":
            account = account.replays
        event = int(body.split()[0])
        arrival = account.arrive(event, _program(lines))
        kind = target.split("/")[1]
        behave = getattr(self, "_" + kind, self._good)
        behave(transport, arrival, account, event)

    def _good(self, transport, arrival, account, event):
        arrival.settle("ok")
        account.accept(event)
        transport.write(OK)

    def _refuse(self, transport, arrival, answer):
        arrival.settle("refused")
        transport.write(answer)

    def _slow(self, transport, arrival, account, event):
        self._loop.call_later(self._draw.uniform(*_SLOW_S), self._good,
                              transport, arrival, account, event)

    def _flaky(self, transport, arrival, account, event):
        if self._draw.random() < _FLAKY:
            self._refuse(transport, arrival, _ERROR)
        else:
            self._good(transport, arrival, account, event)

    def _busy(self, transport, arrival, account, event):
        if self._draw.random() < _BUSY:
            self._refuse(transport, arrival, _BUSY_ANSWER)
        else:
            self._good(transport, arrival, account, event)

    def _closing(self, transport, arrival, account, event):
        """Says nothing of it, and closes the kept-alive connection."""
        self._good(transport, arrival, account, event)
        if self._draw.random() < _CLOSES:
            transport.close()

    def _resetting(self, transport, arrival, account, event):
        if self._draw.random() >= _RESETS:
            self._good(transport, arrival, account, event)
            return
        arrival.settle("reset")
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       struct.pack("ii", 1, 0))
        transport.abort()

    def _away(self, transport, arrival, account, event):
        if self.is_away:
            arrival.settle("reset")
            transport.abort()
            return
        self._open.add(transport)
        self._good(transport, arrival, account, event)

    _ordered_away = _away
    _ordered_flaky = _flaky

    def close(self):
        for server in self._servers.values():
            self._loop.call_soon_threadsafe(server.close)
        super().close()


def _program(lines):
    """Which one sends the request."""
    found = _AGENT.search(header(lines, b"user-agent"))
    return found[1].decode() if found else "?"
