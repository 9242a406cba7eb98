"""The programs and their Redis, and what is done to them: every act is kept
with its time, so that what follows from it can be told."""

import threading
import time

from chaos.plan import ROLES, SHARDS
from chaos.ports import kept_port
from support.cluster import Cluster
from support.keys import Store
from support.programs import Program
from support.redis import Client, Redis, RedisError
from support.system import FAST
from support.wait import wait_until

PATIENCE_S = 60  # for what no act makes last longer than some seconds
TIMEOUT_MS = 1000
ADMIN = "chaos"
MAX_ATTEMPTS = 500  # topic groups allow more

# Nothing is given up and nothing leaves before the end: what is missing then
# was lost.  Leases, heartbeats and their timeouts are the defaults.
_SETTINGS = {
    **FAST,
    "shards": SHARDS,
    "admin_token": ADMIN,
    "timeout_ms": TIMEOUT_MS,
    "connect_timeout_ms": TIMEOUT_MS // 2,
    "redis_timeout_ms": 1000,
    "drain_timeout_ms": 5000,
    "max_attempts": MAX_ATTEMPTS,
    "max_crashes": 1000,
    "retry_cap_ms": 2000,
    "probe_cap_ms": 1000,
    "fanout_backlog": 1000,  # large events stay open for a while
    "replay_rate": 1000,
    "health_check_interval_s": 5,
    "cleanup_pause_ms": 1000,
}
_EXIT_CODES = (0, 2)  # 2: Redis was away until the drain deadline
_EXIT_USURPED = 1     # another process has its name


class Mark:
    """Something that was done: to `name`, from `begin` to `end` (monotonic
    seconds; end is None while it lasts)."""

    def __init__(self, kind, name):
        self.kind = kind
        self.name = name
        self.begin = time.monotonic()
        self.end = None

    def over(self):
        self.end = time.monotonic()


class Slot:
    """A place for one program: what runs there is started again and again,
    under a new instance name or the one that it had.  `name` is that of the
    process and never comes twice."""

    def __init__(self, fleet, role, copy):
        self._fleet = fleet
        self.role = role
        self._copy = copy
        self._starts = 0
        self.address = f"127.0.0.1:{kept_port()}"  # of a hub
        self.program = None
        self.instance = None
        self.name = None
        self.state = "down"  # up, frozen, ending, down
        self.start()

    def start(self, same_name=False):
        self._starts += 1
        self.name = f"{self.role}-{self._copy}.{self._starts}"
        if not same_name:
            self.instance = self.name
        settings = self._fleet.settings(instance_name=self.instance)
        if self.role == "hub":
            settings["listen"] = self.address
        if self.role == "deliver":  # a delivery tells who made it
            settings["public_url"] = f"http://hub.example/{self.name}"
        self.program = Program(f"websub-{self.role}", settings)
        self._fleet.programs.append((self.name, self.program))
        self.state = "up"

    def usurp(self):
        """Another process gets the name of this one, which stands still, and
        goes on by then."""
        self._fleet.usurped.append(self.program)
        old = self.program
        self.start(same_name=True)
        old.thaw()

    def kill(self):
        codes = _EXIT_CODES if self.state == "ending" else ()
        self.state = "down"
        self.program.kill(*codes)

    def check(self):
        """Finds out whether it has ended: asked to, or by itself."""
        if self.program.running:
            return
        if self.state == "ending":
            self.state = "down"  # also when that is a finding
            self.program.wait_exit(_EXIT_CODES)
        elif self.state == "up":
            self.state = "down"
            self.program.close()  # raises: it was not asked to


class Fleet:
    """A context manager.  Findings (a crash, a sanitizer's report) are kept
    in `findings`; `marks` are what was done."""

    def __init__(self, copies, retention_s):
        self._copies = copies
        self._retention_s = retention_s
        self.marks = []
        self.findings = []
        self.programs = []  # (name, program) of every one that was started
        self.usurped = []   # programs whose name another one has
        self.redis = None
        self.slots = {}

    def __enter__(self):
        self.started = time.monotonic()
        self.redis = Redis("--appendfsync", "always")
        self.store = Store(self.redis, SHARDS)
        self.cluster = Cluster(self.redis)
        for role in ROLES:
            for copy in range(self._copies[role]):
                self.slots[role, copy] = Slot(self, role, copy)
        for slot in self.slots.values():
            slot.program.wait_ready()
        self.hubs = [slot.address for slot in self.of_role("hub")]
        return self

    def __exit__(self, *_):
        self.end()
        self.redis.close()

    def end(self):
        """All programs end in order."""
        for slot in self.slots.values():
            if slot.state == "up":
                slot.program.terminate()
        for slot in self.slots.values():
            if slot.state == "up":
                slot.state = "down"
                self.attempt(slot.program.close)

    def settings(self, **more):
        return {"redis_url": self.redis.url, **_SETTINGS,
                "retention_s": self._retention_s, **more}

    def mark(self, kind, name=""):
        made = Mark(kind, name)
        self.marks.append(made)
        return made

    def attempt(self, act):
        """Runs `act`; a failed check becomes a finding."""
        try:
            act()
        except AssertionError as finding:
            self.findings.append(str(finding))

    def of_role(self, role):
        return [slot for slot in self.slots.values() if slot.role == role]

    def check(self):
        for slot in self.slots.values():
            self.attempt(slot.check)
        for program in [p for p in self.usurped if not p.running]:
            self.usurped.remove(program)
            self.attempt(lambda program=program: program.wait_exit(
                (_EXIT_USURPED, *_EXIT_CODES)))

    def recover(self):
        """Everything runs again and is ready."""
        wait_until(self._all_ended, "what was asked to end has ended",
                   PATIENCE_S)
        for slot in self.slots.values():
            if slot.state == "frozen":
                slot.program.thaw()
                slot.state = "up"
            elif slot.state == "down":
                slot.start()
        for slot in self.slots.values():
            self._wait_ready(slot)
        self.redis.reconnect()  # the killer may have cut it

    def _wait_ready(self, slot):
        try:
            slot.program.wait_ready()
        except AssertionError as error:
            raise AssertionError(f"{slot.name}: {error}\n"
                                 f"{slot.program.log()}") from error

    def _all_ended(self):
        self.check()
        return not self.usurped and all(slot.state != "ending"
                                        for slot in self.slots.values())


class PatientRedis:
    """A connection for one thread that outlasts what happens to Redis: a call
    is repeated until it is answered.  For commands that can be repeated."""

    def __init__(self, fleet):
        self._path = fleet.redis.socket_path
        self._client = None
        self._pause = threading.Event()

    def call(self, *words):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._client is None:
                    self._client = Client(self._path)
                return self._client.call(*words)
            except (OSError, RedisError):  # away, or loading its data
                self._drop()
                if time.monotonic() > end:
                    raise
                self._pause.wait(0.05)

    def _drop(self):
        if self._client is not None:
            self._client.close()
            self._client = None
