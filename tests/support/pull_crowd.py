"""Many clients that pull, each on a connection of its own, in one thread."""

import json
import resource
import select
import socket
import time
import urllib.parse

from support.puller import PATH, Puller
from support.wait import DEADLINE_S


def raise_files(count):
    """So many connections, and some files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, count + 1000)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Crowd:
    """Clients 0, 1 ... of a hub."""

    def __init__(self, hub, count):
        raise_files(count)
        host, port = hub.address.rsplit(":", 1)
        self._hub = hub
        self._links = [socket.create_connection((host, int(port)), 30)
                       for _ in range(count)]
        self._numbers = {link.fileno(): number
                         for number, link in enumerate(self._links)}
        self._poll = select.poll()
        for link in self._links:
            self._poll.register(link, select.POLLIN)
        self._read = [b""] * count

    def __len__(self):
        return len(self._links)

    def close(self):
        for link in self._links:
            link.close()
        self._links = []

    def add(self, topic_of):
        """A pull subscription for each, "0", "1" ..."""
        for number in range(len(self._links)):
            Puller(self._hub, str(number)).add(topics=[topic_of(number)])

    def wait_for_messages(self, seconds):
        """Each sends a request that waits so long."""
        for number, link in enumerate(self._links):
            body = json.dumps({"action": "getMessages", "id": str(number),
                               "timeout": seconds}).encode()
            link.sendall(b"POST %s HTTP/1.1\r\nHost: hub\r\n"
                         b"Content-Type: application/json\r\n"
                         b"Content-Length: %d\r\n\r\n%s"
                         % (PATH.encode(), len(body), body))

    def stream(self, topic_of):
        for number, link in enumerate(self._links):
            query = urllib.parse.urlencode({"hub.topic": topic_of(number)})
            link.sendall(f"GET /stream?{query} HTTP/1.1\r\n"
                         "Host: hub\r\n\r\n".encode())

    def _receive(self, timeout_ms):
        for fd, _ in self._poll.poll(timeout_ms):
            number = self._numbers[fd]
            piece = self._links[number].recv(65536)
            assert piece, f"the connection of client {number} was closed"
            self._read[number] += piece

    def wait_read(self, is_complete, count=None):
        """Reads until what came to `count` clients (all) is complete; all that
        came, by client."""
        count = len(self._links) if count is None else count
        complete, end = set(), time.monotonic() + DEADLINE_S
        while len(complete) < count:
            assert time.monotonic() < end, (
                f"only {len(complete)} of {count} have it")
            before = list(self._read)
            self._receive(100)
            complete.update(n for n, read in enumerate(self._read)
                            if read is not before[n] and is_complete(read))
        self._receive(0)
        read, self._read = self._read, [b""] * len(self._read)
        return {number: text for number, text in enumerate(read) if text}


def is_response(read):
    """Whether one response is there, whole."""
    head, end, body = read.partition(b"\r\n\r\n")
    length = head.partition(b"Content-Length: ")[2].split(b"\r\n")[0]
    return bool(end) and len(body) >= int(length or 0)


def messages(response):
    """Those of a response; an AssertionError when it is a refusal."""
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), response
    return json.loads(body)["messages"]
