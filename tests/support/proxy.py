"""A proxy in front of Redis that breaks connections as a test says.

It listens on a unix socket of its own and passes bytes on in both
directions.  A fault applies to every connection there is, and to new ones
until heal() is called.
"""

import os
import socket
import threading

_LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"


class Proxy:
    def __init__(self, redis):
        self._redis_path = redis.socket_path
        self._path = os.path.join(redis.directory, "proxy.sock")
        self.url = f"unix://{self._path}?db=0"
        self._lock = threading.Lock()
        self._links = set()
        self._fault = None
        self._left = 0
        self.accepted = 0
        self.answered = 0  # bytes of answers
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_replies(self, after_bytes):
        """Every connection breaks once so many bytes of answers have passed
        in total."""
        with self._lock:
            self._left = after_bytes
            self._fault = self._cut

    def cut_replies_once(self, after_bytes):
        """One connection does."""
        def fault(link, data):
            passed = self._cut(link, data)
            if self._left == 0:
                self.heal()
            return passed
        with self._lock:
            self._left = after_bytes
            self._fault = fault

    def silence(self):
        """Commands reach Redis, answers don't come back."""
        self._fault = lambda _link, _data: b""

    def loading(self):
        """Every answer is that Redis is loading its data."""
        self._fault = lambda _link, _data: _LOADING

    def load_meets_loading(self):
        """The next reply to SCRIPT LOAD, and what comes with it, is that Redis is
        loading its data."""
        def fault(_link, data):
            if not data.startswith(b"$40\r\n"):
                return data
            self.heal()
            return _LOADING
        self._fault = fault

    def heal(self):
        self._fault = None

    def is_whole(self):
        """No fault waits, or lasts."""
        return self._fault is None

    def close(self):
        self._listener.close()
        with self._lock:
            links = list(self._links)
        for link in links:
            link.break_off()

    def _cut(self, link, data):
        with self._lock:
            passed = data[:self._left]
            self._left -= len(passed)
            left = self._left
        if left == 0:
            link.send(passed)
            link.break_off()
            return b""
        return passed

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._redis_path)
            except OSError:
                client.close()
                server.close()
                continue
            link = _Link(client, server)
            with self._lock:
                self._links.add(link)
            for pump in (self._commands, self._answers):
                threading.Thread(target=pump, args=(link,),
                                 daemon=True).start()

    def _commands(self, link):
        for data in _chunks(link.client):
            if not _pass_on(link.server, data):
                break
        link.break_off()

    def _answers(self, link):
        for data in _chunks(link.server):
            self.answered += len(data)
            fault = self._fault
            if not link.send(fault(link, data) if fault else data):
                break
        link.break_off()
        with self._lock:
            self._links.discard(link)
        link.client.close()
        link.server.close()


class _Link:
    """A connection of a program, and the one to Redis that is its own."""

    def __init__(self, client, server):
        self.client = client
        self.server = server

    def send(self, data):
        return _pass_on(self.client, data)

    def break_off(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # broken already


def _chunks(end):
    while True:
        try:
            data = end.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def _pass_on(end, data):
    try:
        end.sendall(data)
        return True
    except OSError:
        return False
