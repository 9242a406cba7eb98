"""Hosts that accept and never respond."""

import resource
import socket


def raise_file_limit():
    """As many files as may be."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Silent:
    """A host each, by its port: listeners that nobody reads."""

    def __init__(self, count, host="127.0.0.1"):
        raise_file_limit()
        self._listeners = [socket.create_server((host, 0), backlog=8)
                           for _ in range(count)]
        self.urls = [f"http://{host}:{one.getsockname()[1]}/cb"
                     for one in self._listeners]

    def close(self):
        for listener in self._listeners:
            listener.close()
