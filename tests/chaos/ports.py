"""Ports that nobody is given who asks for any: what listens there can be ended
for a while, and no other program has its place meanwhile."""

import random
import socket

_LOWEST = 10000
_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"


def kept_port():
    """The number of a port of 127.0.0.1 that is free now."""
    with open(_RANGE, encoding="ascii") as file:
        below = int(file.read().split()[0])
    while True:
        port = random.randrange(_LOWEST, below)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
