"""What a scenario runs on: the system under test, and the tools around it.

The system is the real one (Redis, hub, spreader, any number of delivers), with
the settings of a production system but for what the benchmark needs.  Redis
and the programs are started by the helpers of the integration tests.
"""

import contextlib
import http.client
import json
import os
import secrets
import signal
import ssl
import subprocess
import tempfile
import time

from support.child import die_with_parent
from support.hub import Hub
from support.keys import Store
from support.owners import Owners
from support.programs import Program, binary
from support.redis import Redis, RedisError

TOPIC = "http://publisher.example/topic"
SHARDS = 8
DEADLINE_S = 600


class RedisProcess(Redis):
    @property
    def pid(self):
        return self._process.pid


class System:
    """Redis and the programs: a hub, and as told a spreader and delivers."""

    def __init__(self, **wanted):
        """`wanted` is what start() takes."""
        self._wanted = wanted
        self._settings = {}
        self._programs = []

    def __enter__(self):
        handle, self._ring = tempfile.mkstemp(prefix="websubd-bench-ring-")
        os.write(handle, f"bench {secrets.token_hex(32)}\n".encode())
        os.close(handle)
        self.redis = RedisProcess("--appendfsync", "everysec")
        self.store = Store(self.redis, SHARDS)
        self.start(**self._wanted)
        return self

    def start(self, delivers=1, spreader=True, **settings):
        """Starts the programs, after the end of those that run."""
        self._end_programs()
        self._settings = {"shards": SHARDS, "listen": "127.0.0.1:0",
                          "allow_private_networks": "yes", "verify": "off",
                          # Some are held for a while: they are not dead.
                          "heartbeat_timeout_ms": 60000,
                          "shard_lease_ms": 60000,
                          # One client, one host, as fast as can be.
                          "subscribe_rate": 0, "announce_rate": 0,
                          "verify_rate": 0, "per_address": 0,
                          "callback_ports": "1-65535",
                          "max_connections_per_client": 10000,
                          "max_pending": 10000000,
                          "max_pending_per_host": 0,
                          "max_pending_per_client": 0,
                          "max_subscriptions": 0,
                          "max_subscriptions_per_host": 0,
                          "max_subscriptions_per_topic": 0,
                          "max_announced_per_host": 0,
                          "redis_url": self.redis.url,
                          "secret_keys_file": self._ring, **settings}
        self.client = Hub(self._start("hub").address())
        for role, count in (("spreader", int(spreader)),
                            ("deliver", delivers)):
            for _ in range(count):
                self._start(role)

    def _end_programs(self):
        problems = []
        for program in self._programs:
            try:
                program.close()
            except AssertionError as problem:
                problems.append(problem)
        self._programs = []
        if problems:
            raise problems[0]

    def __exit__(self, kind, *_):
        try:
            self._end_programs()
        except AssertionError:
            if kind is None:
                raise
        finally:
            self.redis.close()
            os.unlink(self._ring)

    def check(self):
        """Ends the benchmark when a program has ended by itself."""
        for program in self._programs:
            if not program.running:
                last = program.log().splitlines()[-3:]
                raise AssertionError(f"{program.name} has ended by itself: "
                                     + " / ".join(last))

    def _start(self, role):
        program = Program(f"websub-{role}", self._settings)
        self._programs.append(program)
        return program.wait_ready()

    def _of(self, role):
        return [one for one in self._programs if one.name == f"websub-{role}"]

    def set_delivers(self, count):
        """Starts or ends deliver processes until there are so many."""
        self._set("deliver", count)

    def set_spreaders(self, count):
        """Starts or ends spreaders until there are so many, and each owns its
        share."""
        self._set("spreader", count)
        Owners(self.redis, SHARDS).wait_shared(count)

    def _set(self, role, count):
        while len(self._of(role)) > count:
            last = self._of(role)[-1]
            self._programs.remove(last)
            last.close()
        while len(self._of(role)) < count:
            self._start(role)

    def pids(self):
        """By role; a role without a process is left out."""
        pids = {role: [one.pid for one in self._of(role)]
                for role in ("hub", "spreader", "deliver")}
        return {"redis": [self.redis.pid],
                **{role: some for role, some in pids.items() if some}}

    @property
    def hub_port(self):
        return self.client.address.rsplit(":", 1)[1]

    def subscribe(self, sink, count, hosts, topic=TOPIC):
        """Registers the first callbacks of the sink, each with a secret, and
        waits until all are active and no work is left."""
        self.activate(sink, count, hosts, topic)
        self.wait_idle()

    def subscribe_each(self, sink, count, hosts, topic, fetched=False):
        """The same with a topic for each callback: TOPIC/0, TOPIC/1 ..., or
        those of the sink, which are to be fetched."""
        asked = Tool("bench-subscribe", port=self.hub_port, topic=topic,
                     subscriptions=count, sink_port=sink.port, hosts=hosts,
                     topics=count, fetched=int(fetched)).result()
        if asked["refused"]:
            raise AssertionError(f"the hub refused {asked['refused']} of "
                                 f"{count} subscriptions")
        self.wait_idle()

    @contextlib.contextmanager
    def held(self, role):
        """Has the processes of a role stand still for a while."""
        pids = [one.pid for one in self._of(role)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def activate(self, sink, count, hosts, topic):
        """Registers them and waits until all are active.  Returns the seconds
        from the first request on."""
        before = self.store.subscribers(topic)
        asked = Tool("bench-subscribe", port=self.hub_port, topic=topic,
                     subscriptions=count, sink_port=sink.port, hosts=hosts,
                     https=int(sink.tls)).result()
        if asked["refused"]:
            raise AssertionError(f"the hub refused {asked['refused']} of "
                                 f"{count} subscriptions")
        self.wait(lambda: self.store.subscribers(topic) == before + count,
                   f"{count} subscriptions are active", 0.005)
        return time.monotonic() - asked["began_ns"] / 1e9

    def stop_rewrites(self):
        """Has Redis rewrite its append-only file now and never again: how
        often it would depends on how much else is stored, and it takes a core
        from whatever is being measured."""
        self.redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)
        try:
            self.redis.call("BGREWRITEAOF")
        except RedisError:  # it is at it already
            pass
        self.wait(self._is_rewritten, "the append-only file is rewritten")

    def _is_rewritten(self):
        about = self.redis.call("INFO", "persistence")
        return (b"aof_rewrite_in_progress:0" in about and
                b"aof_rewrite_scheduled:0" in about)

    def wait_idle(self):
        self.wait(self.store.idle, "no work is left")

    def wait(self, condition, what, poll_s=0.05):
        """Like the tests' wait_until(), for as long as it may take."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            self.check()
            if time.monotonic() > end:
                raise AssertionError(f"not within {DEADLINE_S} s: {what}")
            time.sleep(poll_s)

    def hub_metric(self, name):
        return self._of("hub")[0].metric(name)

    def outcomes(self):
        """How many jobs deliver has settled so far, by outcome."""
        counts = {}
        for program in self._of("deliver"):
            text = program.status("/metrics")[1]
            for line in text.splitlines():
                if line.startswith("websubd_deliver_jobs_total{"):
                    name = line.split('"')[1]
                    counts[name] = counts.get(name, 0) + int(line.split()[-1])
        return counts

    def deliver_peak_mib(self):
        """The most memory that a deliver process has had (VmHWM)."""
        return max(status_kib(one.pid, "VmHWM")
                   for one in self._of("deliver")) / 1024


def status_kib(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise AssertionError(f"no {name} of process {pid}")


class Sink:
    """bench-sink, and its control connection."""

    def __init__(self, certificate=None, http2=False):
        self.tls = certificate is not None
        words = [binary("bench-sink"), "--wildcard"]
        if self.tls:
            words += ["--tls", certificate.pem] + ["--http2"] * http2
        self._process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent)
        first = self._process.stdout.readline().split()
        if len(first) != 2:
            raise AssertionError("bench-sink did not start")
        self.port = int(first[1])
        if self.tls:
            trust = ssl.create_default_context(cafile=certificate.pem)
            self._link = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=30, context=trust)
        else:
            self._link = http.client.HTTPConnection("127.0.0.1", self.port,
                                                    timeout=30)

    @property
    def pid(self):
        return self._process.pid

    def reset(self, callbacks, events, delay_ms=0, close=False):
        status, _ = self._ask(
            "POST", f"/_reset?callbacks={callbacks}&events={events}"
                    f"&delay_ms={delay_ms}&close={int(close)}")
        assert status == 204, "the sink takes no run of that size"

    def stats(self):
        return json.loads(self._ask("GET", "/_stats")[1])

    def _ask(self, method, path):
        self._link.request(method, path,
                           headers={"Content-Length": "0"})
        answer = self._link.getresponse()
        return answer.status, answer.read()

    def close(self):
        self._link.close()
        self._process.terminate()
        code = self._process.wait(timeout=30)
        self._process.stdout.close()
        if code != 0:
            raise AssertionError(f"bench-sink ended with {code}")


class Tool:
    """A program of the benchmark that runs to its end and prints JSON."""

    _STDIN = subprocess.DEVNULL

    def __init__(self, name, **options):
        words = [binary(name)]
        for option, value in options.items():
            words += ["--" + option.replace("_", "-"), str(value)]
        self._process = subprocess.Popen(words, stdin=self._STDIN,
                                         stdout=subprocess.PIPE, text=True,
                                         preexec_fn=die_with_parent)

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process.poll() is None

    def result(self):
        """Waits for its end; returns what it has found."""
        text, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise AssertionError("a tool of the benchmark failed")
        return json.loads(text)


class Loop(Tool):
    """A program of the benchmark that runs whenever it is told to."""

    _STDIN = subprocess.PIPE

    def run(self, order=""):
        """Returns what it has found this time."""
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("a tool of the benchmark failed")
        return json.loads(line)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        if self._process.wait(timeout=30) != 0:
            raise AssertionError("a tool of the benchmark failed")


class Profile:
    """`perf record` on a process while a block runs; nothing without a
    file."""

    def __init__(self, pid, file):
        self._words = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000",
                       "-g", "-p", str(pid), "-o", file]
        self._file = file
        self._process = None

    def __enter__(self):
        if self._file:
            self._process = subprocess.Popen(self._words,
                                             stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait(timeout=60)
