"""What a scenario runs on: the system under test, and the tools around it.

The system is the real one (Redis, hub, spreader, any number of delivers), with
the settings of a production system but for what the benchmark needs.  Redis
and the programs are started by the helpers of the integration tests.
"""

import http.client
import json
import os
import secrets
import subprocess
import tempfile
import urllib.parse

from support.hub import Hub
from support.keys import Store
from support.programs import Program, binary
from support.redis import Redis
from support.sink import send_forms
from support.wait import wait_until

TOPIC = "http://publisher.example/topic"
SHARDS = 8
DEADLINE_S = 60


class RedisProcess(Redis):
    @property
    def pid(self):
        return self._process.pid


class System:
    """Redis, hub, spreader and `delivers` deliver processes."""

    def __init__(self, delivers=1, **settings):
        self._settings = {"shards": SHARDS, "listen": "127.0.0.1:0",
                          "allow_private_networks": "yes",
                          **settings}
        self._delivers = delivers
        self._programs = []

    def __enter__(self):
        handle, self._ring = tempfile.mkstemp(prefix="websubd-bench-ring-")
        os.write(handle, f"bench {secrets.token_hex(32)}\n".encode())
        os.close(handle)
        self.redis = RedisProcess("--appendfsync", "everysec")
        self._settings.update(redis_url=self.redis.url,
                              secret_keys_file=self._ring)
        self.store = Store(self.redis, SHARDS)
        self.hub = self._start("hub")
        self.spreader = self._start("spreader")
        self.delivers = [self._start("deliver")
                         for _ in range(self._delivers)]
        self.client = Hub(self.hub.address())
        return self

    def __exit__(self, kind, *_):
        problems = []
        for program in self._programs:
            try:
                program.close()
            except AssertionError as problem:
                problems.append(problem)
        self.redis.close()
        os.unlink(self._ring)
        if problems and kind is None:
            raise problems[0]

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

    def pids(self):
        return {"hub": [self.hub.pid], "spreader": [self.spreader.pid],
                "deliver": [one.pid for one in self.delivers],
                "redis": [self.redis.pid]}

    def subscribe(self, callbacks):
        """Registers the callbacks, each with a secret, and waits until all
        are active and no work is left."""
        forms = [urllib.parse.urlencode({
            "hub.mode": "subscribe", "hub.topic": TOPIC,
            "hub.callback": callback, "hub.secret": f"secret-{number:024}",
        }).encode() for number, callback in enumerate(callbacks)]
        statuses = send_forms(self.client.address, forms)
        if statuses != {202: len(forms)}:
            raise AssertionError(f"the hub answered {dict(statuses)}")
        self._wait(lambda: self.store.subscribers(TOPIC) == len(forms),
                   f"{len(forms)} subscriptions are active")
        self.wait_idle()

    def wait_idle(self):
        self._wait(self.store.idle, "no work is left")

    def _wait(self, condition, what):
        def checked():
            self.check()
            return condition()
        wait_until(checked, what, DEADLINE_S)

    def outcomes(self):
        """How many jobs deliver has settled so far, by outcome."""
        counts = {}
        for program in self.delivers:
            text = Hub(program.address()).get("/metrics").body.decode()
            for line in text.splitlines():
                if line.startswith("websubd_deliver_jobs_total{"):
                    name = line.split('"')[1]
                    counts[name] = counts.get(name, 0) + int(line.split()[-1])
        return counts


class Sink:
    """bench-sink, and its control connection."""

    def __init__(self):
        self._process = subprocess.Popen(
            [binary("bench-sink"), "--wildcard"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        first = self._process.stdout.readline().split()
        if len(first) != 2:
            raise AssertionError("bench-sink did not start")
        self.port = int(first[1])
        self._link = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)

    @property
    def pid(self):
        return self._process.pid

    def callbacks(self, count, hosts):
        """The URLs of the callbacks, spread over the hosts in turn; the same
        as bench-bare's."""
        names = (["127.0.0.1"] if hosts == 1 else
                 [f"127.1.0.{1 + n}" for n in range(hosts)])
        return [f"http://{names[n % hosts]}:{self.port}/s/{n}"
                for n in range(count)]

    def reset(self, callbacks, events):
        status, _ = self._ask("POST", f"/_reset?callbacks={callbacks}"
                                      f"&events={events}")
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

    def __init__(self, name, **options):
        words = [binary(name)]
        for option, value in options.items():
            words += ["--" + option.replace("_", "-"), str(value)]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, text=True)

    @property
    def pid(self):
        return self._process.pid

    def result(self):
        """Waits for its end; returns what it has found."""
        text, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise AssertionError("a tool of the benchmark failed")
        return json.loads(text)


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
