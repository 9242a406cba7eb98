"""Programs in a network namespace of their own: a hub that listens on every
address, so that nobody else can reach it, and a publisher at an address that
counts as public.

Run as a program by the functions below: enters the namespace, does what the
first argument names, and prints the result as JSON.
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

from support.httpd import Answer
from support.hub import Hub
from support.keys import digest
from support.programs import Program
from support.publisher import Publisher
from support.redis import Client
from support.wait import wait_until

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_GETFLAGS, _SETFLAGS, _SETADDRESS, _UP = 0x8913, 0x8914, 0x8916, 1
_PUBLIC = "1.2.3.4"  # any in global unicast space; nothing leaves the machine
_UNAVAILABLE = 77


def isolated_hub_answer(redis_url, requests):
    """The status codes of the answers to the raw requests, or None where the
    system allows no namespaces."""
    return _run("hub", redis_url,
                *(base64.b64encode(data).decode() for data in requests))


def isolated_redirect(redis):
    """Announces a topic at a public address that redirects to a private one,
    to a spreader that may not go there.  Returns the number of fetches at
    `public` and `private`, and the `error` that is kept; None where the
    system allows no namespaces."""
    return _run("redirect", redis.url, redis.socket_path)


def _run(*words):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        [sys.executable, "-m", "support.isolated", *words],
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


def _add_address(address):
    """Gives loopback one more address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        row = struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET,
                          socket.inet_aton(address))
        fcntl.ioctl(control, _SETADDRESS, row)


def _hub(redis_url, *texts):
    hub = Program("websub-hub", {"redis_url": redis_url, "shards": 4,
                                 "listen": "0.0.0.0:0"})
    port = hub.wait_ready().address().rsplit(":", 1)[1]
    server = Hub(f"127.0.0.1:{port}")
    got = [server.raw(base64.b64decode(text))[0].status for text in texts]
    hub.stop()
    return got


def _redirect(redis_url, socket_path):
    _add_address(_PUBLIC)
    private = Publisher().topic("/private")
    server = Publisher(_PUBLIC)
    public = server.topic("/public")
    public.next_answers(*[Answer(302, headers={"Location": private.url})] * 9)
    spreader = Program("websub-spreader",
                       {"redis_url": redis_url, "shards": 1,
                        "status_listen": "127.0.0.1:0"})
    spreader.wait_ready()
    redis = Client(socket_path)
    prefix, td = "websub:{0}:", digest(public.url)
    redis.call("HSET", f"{prefix}sub:{td}", digest("callback"), "")
    redis.call("XADD", prefix + "pings", "*", "v", 1, "t", public.url)
    error = wait_until(
        lambda: redis.call("HGET", f"{prefix}topic:{td}", "error"),
        "the fetch has failed")
    spreader.stop()
    return {"public": len(public.fetches), "private": len(private.fetches),
            "error": error.decode()}


if __name__ == "__main__":
    _enter()
    _act = {"hub": _hub, "redirect": _redirect}[sys.argv[1]]
    print(json.dumps(_act(*sys.argv[2:])))
