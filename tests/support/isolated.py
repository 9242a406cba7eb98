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
import tempfile

from support.dns import Dns, Name
from support.httpd import Answer
from support.hub import Hub
from support.keys import digest
from support.programs import Program
from support.publisher import Publisher
from support.redis import Client
from support.wait import wait_until

_NEWUSER, _NEWNET, _NEWNS = 0x10000000, 0x40000000, 0x00020000
_BIND, _PRIVATE = 0x1000, 0x44000  # MS_BIND; MS_PRIVATE and MS_REC
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


def isolated_rebinding(redis):
    """Announces a topic whose name has a public address at first, then a
    private one as well, then that alone, to a spreader that may not go there.
    Returns the fetches at `public` and `private`, the fetches at `both` while
    the name had both, and the `error` that is kept; None where the system
    allows no namespaces."""
    return _run("rebinding", redis.url, redis.socket_path)


def isolated_resolv_conf(redis):
    """Runs a spreader whose resolv.conf names one server and then another,
    and announces a topic after each.  Returns the fetches of both topics, and
    for each server which of the two topics' names it was asked for; None
    where the system allows no namespaces."""
    return _run("resolv_conf", redis.url, redis.socket_path)


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


def _rebinding(redis_url, socket_path):
    _add_address(_PUBLIC)
    server = Publisher(_PUBLIC)
    public = server.topic("/topic")
    private = Publisher("127.0.0.1", server.port).topic("/topic")
    dns = Dns()
    spreader = Program("websub-spreader",
                       {"redis_url": redis_url, "shards": 1,
                        "dns_servers": dns.address, "max_attempts": 1,
                        "status_listen": "127.0.0.1:0"})
    spreader.wait_ready()
    redis = Client(socket_path)
    url = f"http://rebind.test:{server.port}/topic"
    prefix, td = "websub:{0}:", digest(url)
    redis.call("HSET", f"{prefix}sub:{td}", digest("callback"), "")

    def announce():
        redis.call("XADD", prefix + "pings", "*", "v", 1, "t", url)

    def error():
        announce()
        return redis.call("HGET", f"{prefix}topic:{td}", "error")

    dns.names["rebind.test"] = Name("127.0.0.1", _PUBLIC, ttl=1)
    announce()
    public.wait_fetches()
    both = len(public.fetches)
    dns.names["rebind.test"] = Name("127.0.0.1", ttl=1)
    found = wait_until(error, "the fetch is refused")
    spreader.stop()
    return {"both": both, "public": len(public.fetches),
            "private": len(private.fetches), "error": found.decode()}


def _mount_resolv_conf():
    """Puts a file of ours in the place of resolv.conf; returns its path."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle, path = tempfile.mkstemp(prefix="websubd-resolv-")
    os.close(handle)
    if (libc.unshare(_NEWNS) != 0 or
            libc.mount(None, b"/", None, _PRIVATE, None) != 0 or
            libc.mount(path.encode(), b"/etc/resolv.conf", None, _BIND,
                       None) != 0):
        sys.exit(_UNAVAILABLE)
    return path


def _resolv_conf(redis_url, socket_path):
    path = _mount_resolv_conf()
    servers = [Dns(f"127.0.0.{n}", 53) for n in (2, 3)]
    publisher = Publisher()
    topics = [publisher.topic(f"/{n}") for n in range(2)]
    redis = Client(socket_path)
    prefix, spreader = "websub:{0}:", None
    for n, (dns, topic) in enumerate(zip(servers, topics)):
        with open(path, "w", encoding="ascii") as conf:
            conf.write(f"search home.test\nnameserver 127.0.0.{n + 2}\n")
        dns.names[f"host{n}.home.test"] = Name("127.0.0.1")
        spreader = spreader or Program(
            "websub-spreader", {"redis_url": redis_url, "shards": 1,
                                "allow_private_networks": "yes",
                                "retry_base_ms": 100,
                                "status_listen": "127.0.0.1:0"})
        spreader.wait_ready()
        url = f"http://host{n}:{publisher.port}/{n}"
        redis.call("HSET", f"{prefix}sub:{digest(url)}", digest("cb"), "")
        redis.call("XADD", prefix + "pings", "*", "v", 1, "t", url)
        topic.wait_fetches()
    spreader.stop()
    os.unlink(path)
    return {"fetches": [len(topic.fetches) for topic in topics],
            "asked": [[dns.asked(f"host{n}.home.test") > 0 for n in range(2)]
                      for dns in servers]}


if __name__ == "__main__":
    _enter()
    _act = {"hub": _hub, "redirect": _redirect, "rebinding": _rebinding,
            "resolv_conf": _resolv_conf}[sys.argv[1]]
    print(json.dumps(_act(*sys.argv[2:])))
