"""A server whose responses never end, each in the way that its path says.

    endless = Endless()
    endless.url("extension")
    endless.wait_over("extension")   # the client has had enough
    endless.sent["extension"]        # bytes, those in buffers included

Under a path with `-kept` the first response, where it is the first of a connection,
is a good one: the next one comes on a kept connection, if the client has kept one
(`kept`), and never ends."""

import socket
import threading
import zlib

from support.wait import wait_until

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_PIECE = 65536


def _bomb():
    """Compressed zeros, 1,000 times as many as bytes."""
    packer = zlib.compressobj(wbits=31)
    while True:
        yield packer.compress(bytes(1 << 20))


def _repeat(head, piece):
    def parts():
        yield head
        whole = piece * (_PIECE // len(piece) + 1)
        while True:
            yield whole
    return parts


def _bombs():
    yield _OK + b"Content-Encoding: gzip\r\n\r\n"
    yield from _bomb()


KINDS = {
    "body": _repeat(_OK + b"\r\n", b"x"),
    "extension": _repeat(_CHUNKED + b"1;", b"x"),
    "extensions": _repeat(_CHUNKED, b"1;" + b"x" * 500 + b"\r\nx\r\n"),
    "length": _repeat(_CHUNKED, b"0"),
    "chunks": _repeat(_CHUNKED, b"1\r\nx\r\n"),
    "trailer": _repeat(_CHUNKED + b"0\r\nA: ", b"x"),
    "trailers": _repeat(_CHUNKED + b"0\r\n", b"A: b\r\n"),
    "header": _repeat(_OK + b"A: ", b"x"),
    "headers": _repeat(_OK, b"A: b\r\n"),
    "links": _repeat(_OK, b"Link: <http://a.example/>; rel=hub\r\n"),
    "reason": _repeat(b"HTTP/1.1 200 ", b"x"),
    "continue": _repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "hints": _repeat(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "hints_once": _repeat(b"HTTP/1.1 103 Early Hints\r\n", b"A: b\r\n"),
    "lines": _repeat(b"", b"\r\n"),
    "bomb": _bombs,
}


class Endless:
    def __init__(self):
        self.sent = {}
        self.kept = set()  # names whose flood came on a kept connection
        self._begun = set()
        self._over = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "%s:%d" % self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name):
        return f"http://{self.address}/{name}"

    def wait_over(self, *names):
        wait_until(lambda: all(self._over.get(name) for name in names),
                   "the client has had enough of each")

    def over(self, name):
        """How many responses the client has had enough of."""
        return self._over.get(name, 0)

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    @staticmethod
    def _request(reader):
        """The path of the next request; None at the end."""
        line, length = reader.readline(), 0
        if not line:
            return None
        while (field := reader.readline().strip()):
            if field.lower().startswith(b"content-length:"):
                length = int(field.split(b":")[1])
        reader.read(length)
        path = line.split()[1].decode().partition("?")[0]
        return path.strip("/")

    def _serve(self, connection):
        count, name = 0, None
        try:
            with connection, connection.makefile("rb") as reader:
                while (name := self._request(reader)) is not None:
                    count += 1
                    if (name.endswith("-kept") and count == 1 and
                            name not in self._begun):
                        self._begun.add(name)
                        connection.sendall(
                            b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
                        continue
                    if count > 1:
                        self.kept.add(name)
                    self._flood(connection, name)
        except OSError:
            pass

    def _flood(self, connection, name):
        self.sent.setdefault(name, 0)
        try:
            for part in KINDS[name.partition("-")[0]]():
                connection.sendall(part)
                self.sent[name] += len(part)
        finally:
            self._over[name] = self._over.get(name, 0) + 1
