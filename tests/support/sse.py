"""A client of Server-Sent Events, to the letter of the HTML Standard (section
9.2.6), on a bare socket."""

import socket
import urllib.parse

_TIMEOUT_S = 30


class EventStream:
    """GET /stream.  Its status and headers (by names in lower case) are there
    when it is."""

    def __init__(self, address, *topics, last_event_id=None, query=None,
                 token=None, headers=None, version="1.1", receive_bytes=None):
        host, port = address.rsplit(":", 1)
        self._socket = socket.socket()
        if receive_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                    receive_bytes)
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.connect((host, int(port)))
        self._reader = self._socket.makefile("rb")
        self.retry_ms = 0
        self._body = b""
        self._ended = False
        fields = [("hub.topic", topic) for topic in topics]
        path = "/stream?" + urllib.parse.urlencode(
            fields + list((query or {}).items()))
        sent = {"Host": "hub", **(headers or {})}
        if last_event_id is not None:
            sent["Last-Event-ID"] = last_event_id
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        lines = [f"GET {path} HTTP/{version}"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        self._socket.sendall("\r\n".join(lines + ["", ""]).encode())
        self._read_head()

    def _read_head(self):
        self.status = int(self._reader.readline().split()[1])
        self.headers = {}
        while (line := self._reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()
        self._chunked = "transfer-encoding" in self.headers

    def cut(self):
        """Ends it for another thread that reads from it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended

    def close(self):
        self._reader.close()
        self._socket.close()

    def _more(self):
        """Reads on; False at the end."""
        if self._ended:
            return False
        if self._chunked:
            size = int(self._reader.readline() or b"0", 16)
            piece = self._reader.read(size)
            self._reader.readline()
        else:
            piece = self._reader.read1(65536)
        self._body += piece
        self._ended = not piece
        return not self._ended

    def _line(self):
        while b"\n" not in self._body:
            if not self._more():
                return None
        line, self._body = self._body.split(b"\n", 1)
        return line.decode()

    def wait_comment(self):
        """Waits for a comment; False at the end."""
        while (line := self._line()) is not None:
            if line.startswith(":"):
                return True
        return False

    def next(self):
        """The next event as a dict of its fields; None at the end."""
        event, data = {}, []
        while (line := self._line()) is not None:
            if line == "":
                if data:
                    return {**event, "data": "\n".join(data)}
                event = {}
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "data":
                data.append(value)
            elif name == "retry":
                self.retry_ms = int(value)
            elif name:
                event[name] = value
        return None
