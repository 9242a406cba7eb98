"""A hub that listens on every address, in a network namespace of its own, so
that nobody else can reach it.

Run as a program by isolated_hub_answer(): enters the namespace, starts the
hub, sends requests to it and prints the answers' status codes as JSON.
"""

import base64
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys

from support.hub import Hub
from support.programs import Program

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_GETFLAGS, _SETFLAGS, _UP = 0x8913, 0x8914, 1
_UNAVAILABLE = 77


def isolated_hub_answer(redis_url, requests):
    """The status codes of the answers to the raw requests, or None where the
    system allows no namespaces."""
    texts = [base64.b64encode(data).decode() for data in requests]
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        [sys.executable, "-m", "support.isolated", redis_url, *texts],
        env={**os.environ, "PYTHONPATH": folder}, capture_output=True,
        text=True, timeout=60, check=False)
    if done.returncode == _UNAVAILABLE:
        return None
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _enter():
    """Moves this process into a namespace where only loopback is up."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEWNET) != 0 and libc.unshare(_NEWUSER | _NEWNET) != 0:
        sys.exit(_UNAVAILABLE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        row = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(control, _GETFLAGS, row))
        fcntl.ioctl(control, _SETFLAGS,
                    struct.pack("16sh22x", b"lo", flags[1] | _UP))


def _main():
    _enter()
    hub = Program("websub-hub", {"redis_url": sys.argv[1], "shards": 4,
                                 "listen": "0.0.0.0:0"})
    port = hub.wait_ready().address().rsplit(":", 1)[1]
    server = Hub(f"127.0.0.1:{port}")
    got = [server.raw(base64.b64decode(text))[0].status
           for text in sys.argv[2:]]
    hub.stop()
    print(json.dumps(got))


if __name__ == "__main__":
    _main()
