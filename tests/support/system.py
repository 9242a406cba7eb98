"""The whole system: Redis, a hub, a spreader and a deliver, with settings that
make waiting short.

    with System(max_attempts=2) as system:
        system.activate(topic, callback)
        system.hub.push(topic, b"...")
        system.wait_idle()
"""

import threading
import unittest

from support.cluster import Cluster
from support.hub import Hub
from support.keys import Store
from support.programs import Program
from support.publisher import Publisher
from support.redis import Redis, RedisError
from support.subscriber import Subscriber
from support.wait import DEADLINE_S, wait_until

# A test is one client, with one host, and may send as much as it likes.
UNBOUNDED = {
    "verify_rate": 0,
    "per_address": 0,
    "callback_ports": "1-65535",
    "subscribe_rate": 0,
    "announce_rate": 0,
    "max_pending_per_host": 0,
    "max_pending_per_client": 0,
    "max_announced_per_host": 0,
}

# Short where tests wait for it, and still so long that a machine that stands
# still for a second or two makes nobody's answer late.
FAST = {
    "shards": 4,
    "listen": "127.0.0.1:0",
    "allow_private_networks": "yes",
    "redis_timeout_ms": 3000,
    "request_timeout_ms": 10000,
    "drain_timeout_ms": 8000,
    "timeout_ms": 5000,
    "max_attempts": 4,
    "retry_base_ms": 50,
    "retry_cap_ms": 500,
    "fetch_interval_ms": 0,
    **UNBOUNDED,
}

# Beside FAST, for tests that send thousands of requests at once: how long Redis
# and the one sink take for them says nothing about the programs.
LONG_TIMEOUTS = {
    "redis_timeout_ms": 60000,
    "request_timeout_ms": 60000,
    "drain_timeout_ms": 20000,
    "timeout_ms": 30000,
    "connect_timeout_ms": 10000,
    "heartbeat_timeout_ms": 60000,
}


class System:
    """A context manager.  `settings` go to every program; those of `hub_only`,
    `spreader_only` and `deliver_only` to one."""

    def __init__(self, redis_options=(), redis_clock=False, roles=("hub", "spreader", "deliver"),
                 hub_only=None, spreader_only=None, deliver_only=None,
                 **settings):
        self._settings = {**FAST, **settings}
        self._only = {"hub": hub_only or {}, "spreader": spreader_only or {},
                      "deliver": deliver_only or {}}
        self._redis_options = redis_options
        self._redis_clock = redis_clock
        self._roles = roles
        self._servers = []
        self.programs = []
        self.redis = None
        self.store = None
        self.hub = None

    def __enter__(self):
        self.redis = Redis(*self._redis_options, clock=self._redis_clock)
        self.store = Store(self.redis, self._settings["shards"])
        try:
            for role in self._roles:
                self.start(role)
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.close()
        else:
            self._abandon()

    def close(self):
        """Ends everything and checks how the programs ended.  All of them are
        ended whatever is found; the first finding is raised."""
        findings = []
        for server in self._servers:
            server.close()
        for program in self.programs:
            if program.running:
                program.terminate()  # all drain at the same time
        for program in self.programs:
            try:
                program.close()
            except AssertionError as finding:
                findings.append(finding)
        findings += self._refusals()
        self.redis.close()
        if findings:
            raise findings[0]

    def _refusals(self):
        """Rights that the programs lack (packaging/redis/users.acl)."""
        if not self.redis.running:
            return []
        try:
            refused = self.redis.refused()
        except (OSError, RedisError):
            return []
        return [AssertionError(f"Redis refused {refused}")] if refused else []

    def _abandon(self):
        """Ends everything after a failure, which is what is reported."""
        try:
            self.close()
        except AssertionError:
            pass

    def start(self, role, wait=True, extra_env=None, files=None, **settings):
        """Starts one more program of a role.  A hub is started where the
        first one was, so that its URL stays, unless `listen` is given."""
        chosen = {**self._settings, **self._only[role], **settings}
        chosen.setdefault("redis_url", self.redis.url if "key_prefix" in chosen
                          else self.redis.url_of(role))
        if role == "hub" and self.hub is not None and "listen" not in settings:
            chosen["listen"] = self.hub.address
        program = Program(f"websub-{role}", chosen, extra_env=extra_env,
                          files=files)
        self.programs.append(program)
        if role == "hub" and self.hub is None:
            self.hub = Hub(program.address())
        return program.wait_ready() if wait else program

    def program(self, role):
        """The program of the role that was started last."""
        return [p for p in self.programs if p.name == f"websub-{role}"][-1]

    def subscriber(self, host="127.0.0.1"):
        """A new subscriber's server, closed with the system."""
        return self._serve(Subscriber(host))

    def publisher(self, host="127.0.0.1"):
        return self._serve(Publisher(host))

    def _serve(self, server):
        self._servers.append(server)
        return server

    def request(self, topic, callback, **options):
        """Asks for a subscription, which must be accepted."""
        answer = self.hub.subscribe(topic, callback.url, **options)
        assert answer.status == 202, answer

    def wait_active(self, topic, callback, above=0):
        """Waits for an active subscription of a generation above `above`."""
        def active():
            record = self.store.record(topic, callback.url)
            return record if record and record.generation > above else None
        return wait_until(active, f"{callback.url} is active")

    def activate(self, topic, callback, **options):
        """Subscribes, or renews, and waits until it counts."""
        old = self.store.record(topic, callback.url)
        self.request(topic, callback, **options)
        record = self.wait_active(topic, callback,
                                  old.generation if old else 0)
        if topic == "*":
            wait_until(lambda: self.store.in_all_shards(callback.url),
                       f"{callback.url} is active in each shard")
        return record

    def wait_gone(self, topic, callback):
        wait_until(lambda: self.store.record(topic, callback.url) is None,
                   f"{callback.url} is no longer subscribed")

    def wait_decided(self, topic, callback, mode="s", seconds=DEADLINE_S):
        """Waits until no request waits for its verification."""
        wait_until(
            lambda: not self.store.requested(topic, callback.url, mode),
            f"the verification of {callback.url} is decided", seconds)

    def push(self, topic, body, content_type="application/json", **options):
        """Publishes content, which must be accepted."""
        answer = self.hub.push(topic, body, content_type, **options)
        assert answer.status == 202, answer
        return answer

    def announce(self, *topics, **options):
        answer = self.hub.announce(*topics, **options)
        assert answer.status == 204, answer

    def wait_idle(self, seconds=DEADLINE_S):
        """Waits until no work is left: what has not arrived by now will not
        arrive."""
        wait_until(self.store.idle, "all work is done", seconds)

    def wait_delayed(self, count, delay_s, since_ms):
        """Waits until `count` things wait for their time, which is `delay_s`
        after something that happened after `since_ms` (of Redis' clock).  What
        was due before that, as by make_due(), waits for the spreader only."""
        def delayed():
            due = self.store.delayed()
            return (due if len(due) == count and min(due) > since_ms
                    else None)
        due = wait_until(delayed, f"{count} wait for their time")
        now_ms = self.redis.now_ms()
        assert min(due) >= since_ms + 1000 * delay_s, (due, since_ms)
        assert max(due) <= now_ms + 1000 * delay_s, (due, now_ms)

    def make_due(self):
        """Whatever waits for its time is due, and moves to where it belongs,
        as though that time had passed."""
        for base in self.store.bases():
            for key in (base + "retry", base + "fetch", base + "validations"):
                for member in self.redis.call("ZRANGE", key, 0, -1):
                    self.redis.call("ZADD", key, "XX", 1, member)
            self.redis.call("XADD", base + "wake", "MAXLEN", 1, "*", "v", 1)

    def presume_dead(self, program):
        """A program that was killed, or stands still, is removed at once, as
        its heartbeat would be missed in a while: what it owns and what it has
        claimed is for others to take."""
        cluster = Cluster(self.redis)
        record = cluster.record_of(program)
        if record:
            cluster.forget(record["role"], record["name"])
            self.store.end_leases(record["name"])
        self.store.age_claimed()

    def log(self):
        return "\n\n".join(f"--- {program.name}\n{program.log()}"
                           for program in self.programs)


class SystemTest(unittest.TestCase):
    """A test case that shows the programs' logs when it fails."""

    system = None

    def start_system(self, **options):
        """Brings a system up for this test only."""
        self.system = System(**options)
        self.system.__enter__()
        self.addCleanup(self.system.close)
        return self.system

    def gate(self):
        """An event for answers to wait for; opened when the test ends."""
        made = threading.Event()
        self.addCleanup(made.set)
        return made

    def run(self, result=None):
        before = _problems(result)
        super().run(result)
        if self.system is not None and _problems(result) > before:
            print(f"\n=== logs of {self.id()}\n{self.system.log()}\n",
                  flush=True)


def _problems(result):
    return len(result.failures) + len(result.errors) if result else 0
