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
import threading
import time

from support import spellings
from support.dns import NXDOMAIN, SERVFAIL, Dns, Name
from support.httpd import Answer
from support.hub import Hub
from support.keys import Store, digest
from support.programs import Program
from support.publisher import Publisher
from support.redis import Client, Redis
from support.subscriber import Subscriber
from support.system import System
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


def isolated_rebinding_callback():
    """Subscribes a callback whose name has a public address at first, then a
    private one as well, then that alone, with a deliver that may not go there;
    events go on, and the subscription is renewed.  Returns the connections at
    `public` and `private`, the events `delivered`, the dead `letters`, and
    whether it was `renewed`; None where the system allows no namespaces."""
    return _run("rebinding_callback")


def isolated_resolv_conf(redis):
    """Runs a spreader whose resolv.conf names one server and then another,
    and announces a topic after each.  Returns the fetches of both topics, and
    for each server which of the two topics' names it was asked for; None
    where the system allows no namespaces."""
    return _run("resolv_conf", redis.url, redis.socket_path)


def isolated_redis_name():
    """Runs the programs with a redis_url whose name the name server is silent
    about at first; then it has two addresses, of which the second is the
    right one.  Returns a dict of what was seen; None where the system allows
    no namespaces."""
    return _run("redis_name")


def isolated_search(answer):
    """Subscribes a callback by name under `ndots:5` and a search domain whose
    names are answered so: "servfail", "refused" or "silent".  Returns the
    number of deliveries and of questions for the search domain; None where
    the system allows no namespaces."""
    return _run("search", answer)


def isolated_disk_full(gone):
    """Redis' data is on a disk that gets full.  `gone`: Redis ends when it
    can't write (appendfsync always), and is started again.  Returns for each
    program its /readyz meanwhile, how many log lines it wrote then, and the
    bodies that were accepted and those that arrived; None where the system
    allows no namespaces."""
    return _run("disk_full", "gone" if gone else "stays")


def isolated_egress():
    """Where all addresses lead to one listener, a deliver and a spreader that may
    not go to private ones are given hundreds of URLs that lead there: as
    callbacks, by names, and by redirects of topics.  Returns which refused
    addresses were `reached`, how many callbacks and redirects were `tried`, and
    whether a public one was reached; None where the system allows no
    namespaces."""
    return _run("egress")


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
                        "fetch_interval_ms": 0,
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


def _rebinding_callback():
    _add_address(_PUBLIC)
    public = Subscriber(_PUBLIC)
    private = Subscriber("127.0.0.1", public.port)
    callback = public.callback("/cb")
    private.callback("/cb")
    callback.url = f"http://rebind.test:{public.port}/cb"
    dns = Dns()
    dns.names["rebind.test"] = Name("127.0.0.1", _PUBLIC, ttl=1)
    with System(shards=1, max_attempts=1, dns_servers=dns.address,
                hub_only={"allow_private_networks": "yes"},
                deliver_only={"allow_private_networks": "no"}) as system:
        before = system.activate("a.topic", callback).generation
        system.push("a.topic", b"both")
        callback.wait_deliveries()
        dns.names["rebind.test"] = Name("127.0.0.1", ttl=1)

        def refused():
            system.push("a.topic", b"event")
            system.wait_idle()
            return system.store.dead_letters("a.topic")
        letters = wait_until(refused, "a delivery is refused")
        system.request("a.topic", callback)
        system.wait_decided("a.topic", callback)
        after = system.store.record("a.topic", callback.url).generation
    return {"public": public.connections, "private": private.connections,
            "delivered": len(callback.deliveries), "letters": len(letters),
            "renewed": after > before}


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


def _mount_small(size):
    """A new folder on a disk of its own, for temporary files from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tempfile.mkdtemp(prefix="websubd-disk-")
    if (libc.unshare(_NEWNS) != 0 or
            libc.mount(None, b"/", None, _PRIVATE, None) != 0 or
            libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0,
                       f"size={size}".encode()) != 0):
        sys.exit(_UNAVAILABLE)
    tempfile.tempdir = folder
    return folder


def _fill(folder):
    """Leaves no byte of the disk; returns the file that takes it."""
    path = os.path.join(folder, "filler")
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                pass
    return path


def _disk_full(how):
    gone = how == "gone"
    folder = _mount_small("16m")
    redis = Redis("--appendfsync", "always" if gone else "everysec",
                  "--auto-aof-rewrite-percentage", "0")
    subscriber = Subscriber()
    callback = subscriber.callback("/cb")
    programs = _start_all(redis.url)
    hub = Hub(programs["hub"].address())
    for program in programs.values():
        program.wait_ready()
    assert hub.subscribe("orders.created", callback.url).status == 202
    store = Store(redis, 2)
    wait_until(lambda: store.record("orders.created", callback.url), "active")
    accepted = []

    def push():
        body = b"%d" % len(accepted)
        done = hub.push("orders.created", body).status
        if done == 202:
            accepted.append(body)
        return done
    assert push() == 202
    filler = _fill(folder)
    wait_until(lambda: push() == 503, "nothing is accepted any more")
    reasons = {role: wait_until(
        lambda p=program: next((text for status, text in [p.status("/readyz")]
                                if status == 503), None), f"{role} says why")
        for role, program in programs.items()}
    lines = {role: len(program.lines) for role, program in programs.items()}
    start = time.monotonic()
    wait_until(lambda: time.monotonic() - start > 5, "time passes", 30)
    lines = {role: len(program.lines) - lines[role]
             for role, program in programs.items()}
    os.unlink(filler)
    if gone:
        redis.reconnect()
        redis.kill()
        redis.start()
    wait_until(lambda: push() == 202, "events are accepted again", 60)
    wait_until(lambda: set(accepted) <= set(callback.bodies()), "all arrive")
    _end_all(programs)
    redis.close()
    return {"reasons": reasons, "lines": lines, "accepted": len(accepted)}


def _route_all():
    """Every address is this machine."""
    for family, network in (("-4", "0.0.0.0/0"), ("-6", "::/0")):
        done = subprocess.run(["ip", family, "route", "add", "local", network,
                               "dev", "lo"], capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(_UNAVAILABLE)


class _Everywhere:
    """Listens at all addresses and remembers at which one it was reached.
    /to?N redirects to that URL of a list; all else is 204."""

    def __init__(self):
        self.urls = []
        self.reached = []
        self.redirected = set()
        self._listener = socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True,
            backlog=4096)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            link = self._listener.accept()[0]
            self.reached.append(link.getsockname()[0])
            threading.Thread(target=self._serve, args=(link,),
                             daemon=True).start()

    def _serve(self, link):
        with link, link.makefile("rb") as reader:
            while (line := reader.readline()):
                length = 0
                while (field := reader.readline().strip()):
                    if field.lower().startswith(b"content-length:"):
                        length = int(field.split(b":")[1])
                reader.read(length)
                link.sendall(self._answer(line.split()[1].decode()))

    def _answer(self, target):
        if not target.startswith("/to?"):
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        number = int(target.partition("?")[2])
        self.redirected.add(number)
        return (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " +
                self.urls[number].encode() + b"\r\n\r\n")


def _egress():
    _route_all()
    server, dns = _Everywhere(), Dns()
    for number, target in enumerate(spellings.TARGETS + spellings.V6):
        dns.names[f"n{number}.test"] = Name(target)
        dns.names[f"p{number}.test"] = Name(target, spellings.PUBLIC)
    urls = spellings.urls(server.port) + [
        f"http://{name}:{server.port}/" for name in dns.names]
    server.urls = [one for one in urls if "\r" not in one]
    public = f"http://{spellings.PUBLIC}:{server.port}"
    with System(shards=1, verify="off", max_attempts=1, fetch_interval_ms=0,
                allow_private_networks="no", dns_servers=dns.address,
                hub_only={"allow_private_networks": "yes"}) as system:
        tried = 0
        for url in urls + [public + "/good"]:
            tried += system.hub.subscribe("a.topic", url).status == 202
        system.push("a.topic", b"event")
        topics = [f"{public}/to?{n}" for n in range(len(server.urls))]
        for topic in topics:
            system.hub.subscribe(topic, public + "/good")
        for topic in topics:
            system.announce(topic)
        wait_until(lambda: len(server.redirected) == len(topics),
                   "all are redirected", 60)
        system.wait_idle()
    return {"reached": sorted({one for one in server.reached
                               if spellings.is_refused(one)}),
            "callbacks": tried, "redirects": len(topics),
            "public": f"::ffff:{spellings.PUBLIC}" in server.reached}


_ROLES = ("hub", "spreader", "deliver")
_SETTINGS = {"shards": 2, "allow_private_networks": "yes",
             "redis_timeout_ms": 2000, "drain_timeout_ms": 5000,
             "listen": "127.0.0.1:0", "status_listen": "127.0.0.1:0"}


def _start_all(url):
    return {role: Program(f"websub-{role}", {**_SETTINGS, "redis_url": url})
            for role in _ROLES}


def _end_all(programs):
    for program in programs.values():
        program.terminate()
    for program in programs.values():
        program.wait_exit()


def _resolved_by_us(options):
    """Names are resolved by a server of ours; returns it."""
    path = _mount_resolv_conf()
    with open(path, "w", encoding="ascii") as conf:
        conf.write("search home.test\nnameserver 127.0.0.2\n" + options)
    return Dns("127.0.0.2", 53), path


def _redis_name():
    dns, path = _resolved_by_us("")
    redis = Redis("--port", "6379", "--bind", "127.0.0.1")
    try:
        dns.names["redis.home.test"] = dns.names["redis"] = Name(silent=True)
        dns.names["redis.prod"] = Name(rcode=NXDOMAIN)
        dns.names["redis.prod.home.test"] = Name("127.0.0.1")
        programs = _start_all("redis://redis:6379/0")
        healthy = [program.status("/healthz")[0]
                   for program in programs.values()]
        wait_until(lambda: dns.asked("redis.home.test") > 0, "it is asked")
        _end_all(programs)
        programs = _start_all("redis://redis:6379/0")
        dns.names["redis.home.test"] = Name("127.0.0.3", "127.0.0.1", ttl=1)
        for program in programs.values():
            program.wait_ready()
        _end_all(programs)
        programs = _start_all("redis://redis.prod:6379/0")
        for program in programs.values():
            program.wait_ready()
        _end_all(programs)
    finally:
        redis.close()
        os.unlink(path)
    return {"healthy": healthy}


def _search(kind):
    answers = {"servfail": Name(rcode=SERVFAIL), "refused": Name(rcode=5),
               "silent": Name(silent=True)}
    dns, path = _resolved_by_us("options ndots:5\n")
    redis = Redis("--port", "6379", "--bind", "127.0.0.1")
    try:
        dns.otherwise = lambda name: answers[kind]
        subscriber = Subscriber()
        callback = subscriber.callback("/cb")
        callback.url = callback.url.replace("127.0.0.1", "cb.subscriber.test")
        dns.names["cb.subscriber.test"] = Name("127.0.0.1")
        programs = _start_all("redis://127.0.0.1:6379/0")
        hub = Hub(programs["hub"].address())
        for program in programs.values():
            program.wait_ready()
        assert hub.subscribe("orders.created", callback.url).status == 202
        store = Store(redis, 2)
        wait_until(lambda: store.record("orders.created", callback.url),
                   "it is active")
        hub.push("orders.created", b"event")
        callback.wait_deliveries()
        _end_all(programs)
        asked = sum(dns.asked(f"cb.subscriber.test{end}")
                    for end in (".home.test", ".home"))
        return {"delivered": len(callback.deliveries), "asked": asked}
    finally:
        redis.close()
        os.unlink(path)


if __name__ == "__main__":
    _enter()
    _act = {"hub": _hub, "redirect": _redirect, "rebinding": _rebinding,
            "rebinding_callback": _rebinding_callback,
            "resolv_conf": _resolv_conf, "redis_name": _redis_name,
            "search": _search, "disk_full": _disk_full,
            "egress": _egress}[sys.argv[1]]
    print(json.dumps(_act(*sys.argv[2:])))
