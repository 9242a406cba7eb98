"""A subscriber for great numbers: one thread, one event loop, every path is a
callback that confirms its challenge and counts what it gets."""

import asyncio
import collections
import threading
import urllib.parse

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Connection(asyncio.Protocol):
    def __init__(self, sink):
        self._sink = sink
        self._transport = None
        self._data = b""

    def connection_made(self, transport):
        self._transport = transport
        self._sink.connections.add(transport)

    def connection_lost(self, _error):
        self._sink.connections.discard(self._transport)

    def data_received(self, data):
        self._data += data
        while True:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            lines = head.split(b"\r\n")
            size = _content_length(lines)
            if len(rest) < size:
                return
            self._data = rest[size:]
            method, target, _ = lines[0].split(b" ", 2)
            if method == b"GET" and b"hub.mode=denied" in target:
                self._sink.deny(lines, target.decode().partition("?")[0])
                self._transport.write(OK)
            elif method == b"GET":
                self._transport.write(self._sink.confirm(target.decode()))
            else:
                self._sink.deliver(self._transport, lines, target.decode(),
                                   rest[:size])


def header(lines, wanted):
    """The value of a header among a request's lines, b"" without it."""
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == wanted:
            return value.strip()
    return b""


def _content_length(lines):
    return int(header(lines, b"content-length") or 0)


class Sink:
    """`arrived` counts deliveries by (path, body)."""

    def __init__(self, host="127.0.0.1"):
        self._host = host  # 0.0.0.0: each 127.x.y.z is a host of its own
        self.arrived = collections.Counter()
        self.total = 0
        self.connections = set()
        self.verified = 0
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._listen())
        self.port = port_of(self._server)
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._loop.run_forever,
                                        daemon=True)
        self._thread.start()

    async def _listen(self, port=0):
        return await self._loop.create_server(
            lambda: _Connection(self), self._host, port, backlog=1024)

    def confirm(self, target):
        """The answer to a challenge."""
        query = target.partition("?")[2]
        challenge = dict(urllib.parse.parse_qsl(query))["hub.challenge"]
        self.verified += 1
        return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                % (len(challenge), challenge.encode()))

    def deny(self, lines, path):
        """The subscription of the callback was denied, or ended."""

    def deliver(self, transport, _lines, target, body):
        """Answers a delivery; `_lines` are its request line and headers."""
        self.arrived[target, body] += 1
        self.total += 1
        transport.write(OK)

    def drop_all(self):
        """Closes all connections."""
        self._loop.call_soon_threadsafe(
            lambda: [transport.abort() for transport in list(self.connections)])

    def close(self):
        self.drop_all()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()


def port_of(server):
    return server.sockets[0].getsockname()[1]


def send_forms(address, bodies, connections=8, window=64):
    """Posts every form to the hub over a few connections, `window` requests
    at a time on each; returns a Counter of the status codes."""
    return asyncio.run(_send_forms(address, bodies, connections, window))


async def _send_forms(address, bodies, connections, window):
    host, port = address.rsplit(":", 1)
    statuses = collections.Counter()

    async def send_part(part):
        reader, writer = await asyncio.open_connection(host, int(port))
        for start in range(0, len(part), window):
            batch = part[start:start + window]
            writer.write(b"".join(_form(body) for body in batch))
            for _ in batch:
                statuses[await _status(reader)] += 1
        writer.close()

    await asyncio.gather(*(send_part(bodies[n::connections])
                           for n in range(connections)))
    return statuses


def _form(body):
    return (b"POST / HTTP/1.1\r\nHost: hub\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


async def _status(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    await reader.readexactly(_content_length(lines))
    return int(lines[0].split(b" ")[1])


def subscribe_form(topic, callback):
    return urllib.parse.urlencode({"hub.mode": "subscribe",
                                   "hub.topic": topic,
                                   "hub.callback": callback}).encode()
