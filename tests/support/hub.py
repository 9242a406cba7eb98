"""Speaks to the hub as subscribers and publishers do, and as nobody should:
raw() sends any bytes."""

import http.client
import socket
import urllib.parse

from support import secrets

_TIMEOUT_S = 30


class Response:
    """An answer that was read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


class Hub:
    """A hub at an address such as 127.0.0.1:41233, for a client at another one
    such as 127.0.0.2 when there is a `source`."""

    def __init__(self, address, source=None):
        self.address = address
        self._source = source and (source, 0)
        self.url = f"http://{address}/"

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address,
                                                timeout=_TIMEOUT_S,
                                                source_address=self._source)
        secrets.note_authorization(headers)
        try:
            connection.request(method, path, body, headers or {})
            return Response(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def form(self, fields, token=None, path="/", accept=None):
        """Posts a list of pairs as a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if accept is not None:
            headers["Accept"] = accept
        return self.request("POST", path, urllib.parse.urlencode(fields),
                            headers)

    def subscribe(self, topic, callback, secret=None, lease=None, token=None,
                  extra=(), mode="subscribe"):
        fields = [("hub.mode", mode), ("hub.topic", topic),
                  ("hub.callback", callback)]
        secrets.note(secret)
        if secret is not None:
            fields.append(("hub.secret", secret))
        if lease is not None:
            fields.append(("hub.lease_seconds", lease))
        return self.form(fields + list(extra), token)

    def unsubscribe(self, topic, callback, token=None):
        return self.subscribe(topic, callback, token=token,
                              mode="unsubscribe")

    def announce(self, *topics, name="hub.url", token=None):
        """hub.mode=publish: the content is to be fetched."""
        fields = [("hub.mode", "publish")] + [(name, t) for t in topics]
        return self.form(fields, token)

    def push(self, topic, body, content_type="application/json", token=None,
             key=None):
        """The content itself; `key` is an Idempotency-Key."""
        headers = {"Content-Type": content_type}
        if key is not None:
            headers["Idempotency-Key"] = key
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        query = urllib.parse.urlencode({"hub.topic": topic})
        return self.request("POST", "/publish?" + query, body, headers)

    def deny(self, topic, callback=None, reason=None, token=None):
        """An operator's denial."""
        fields = [("hub.topic", topic)]
        if callback is not None:
            fields.append(("hub.callback", callback))
        if reason is not None:
            fields.append(("hub.reason", reason))
        return self.form(fields, token, "/admin/deny")

    def topic(self, topic, headers=None):
        """How the topic's last fetch went."""
        query = urllib.parse.urlencode({"hub.topic": topic})
        return self.get("/topics?" + query, headers)

    def stream(self, data=b""):
        """A connection that these bytes were sent on."""
        return Stream(self.address, data)

    def raw(self, data):
        """Sends the bytes as they are and reads one answer.  Returns it, and
        a function that waits so many seconds for the hub to close the
        connection, says whether it did, and closes it."""
        link = self.stream(data)
        return link.answer(), link.closes


class Stream:
    """A connection to the hub, byte for byte."""

    def __init__(self, address, data):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)),
                                                timeout=_TIMEOUT_S)
        # One reader for all answers: what it has read ahead is not lost.
        self._reader = self._socket.makefile("rb")
        self.send(data)

    def send(self, data):
        try:
            self._socket.sendall(data)
        except ConnectionError:
            pass  # answered and closed before it had read everything

    def makefile(self, _mode):
        """For HTTPResponse, which closes its file after each answer."""
        return _Unclosed(self._reader)

    def answer(self):
        response = http.client.HTTPResponse(self)
        response.begin()
        return Response(response)

    def line(self):
        """The next line, with its end."""
        return self._reader.readline()

    def closes(self, seconds=_TIMEOUT_S):
        self._socket.settimeout(seconds)
        try:
            return self._reader.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        finally:
            self.close()

    def close(self):
        self._reader.close()
        self._socket.close()


class _Unclosed:
    """A reader whose close() is for its owner alone."""

    def __init__(self, reader):
        self._reader = reader

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def close(self):
        pass
