"""An operator who changes the topic groups of the topics that are accounted
for, and what must have come of the versions: told of once, applied by all."""

import collections
import json
import random
import re
import threading

from chaos.admin import UNAVAILABLE, Operator
from chaos.fleet import MAX_ATTEMPTS, PatientRedis
from chaos.publishers import CROWD, URLS
from support.wait import wait_until

# One within the other, so that a topic's policy is another one when the group
# below it is made.
_PREFIXES = {
    "urls": "http://publisher.example", "first": URLS[0], "second": URLS[1],
    "crowd": CROWD, "orders": "orders", "eu": "orders.eu",
    "changed": "stock.changed",
}
_EVERY_S = (0.1, 0.8)
_LOOK_S = 0.2
_APPLIED_S = 30  # group_watch_interval_ms, three times
_VERSION_NAMED = 0.7  # of the requests; the others are for any version
_APPLIED = re.compile(r" config-applied group=(\S+) version=(\d+) ")
_MAX_MAX_ATTEMPTS = 1000
_RETRY_MS = (20, 200)
_RETRY_CAP_MS = (500, 2000)
_PER_HOST = (8, 64)
_RETENTION_MORE_S = 3600


class GroupChanges:
    """`unexpected`: responses that no fault explains."""

    def __init__(self, fleet, seed):
        self.unexpected = []
        self.lost = 0  # requests without a response, or with 503
        self._fleet = fleet
        self._draw = random.Random(f"{seed} groups")
        self._operator = Operator(fleet, self._draw)
        self._known = {}  # version by group; None: it is in doubt
        self._sent = collections.defaultdict(list)  # policies by group
        self._done = {}   # policy by group and version
        self._floor = {"max_attempts": MAX_ATTEMPTS,
                       "retention_s": int(fleet.settings()["retention_s"])}
        self._told = _Told(fleet)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._told.start()
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.wait(self._draw.uniform(*_EVERY_S)):
            group = self._draw.choice(list(_PREFIXES))
            if self._known.get(group, 0) is None:
                self._look(group)
            else:
                self._change(group)

    def _policy(self, group):
        """Nothing that it says may end a delivery or an event sooner."""
        draw = self._draw
        self._floor["max_attempts"] = min(
            _MAX_MAX_ATTEMPTS,
            self._floor["max_attempts"] + draw.randrange(5))
        self._floor["retention_s"] += draw.randrange(_RETENTION_MORE_S)
        policy = {**self._floor, "retry_base_ms": draw.randint(*_RETRY_MS),
                  "retry_cap_ms": draw.randint(*_RETRY_CAP_MS),
                  "per_host": draw.randint(*_PER_HOST)}
        kept = draw.sample(list(policy), draw.randint(0, len(policy)))
        return {"prefix": _PREFIXES[group],
                **{name: policy[name] for name in kept}}

    def _change(self, group):
        known, policy = self._known.get(group, 0), self._policy(group)
        named = known > 0 and self._draw.random() < _VERSION_NAMED
        self._sent[group].append(policy)
        response = self._operator.request(
            "PUT", f"groups/{group}", policy, f'"{known}"' if named else "*")
        if response is None or response.status == UNAVAILABLE:
            self.lost += 1
            self._known[group] = None
        elif response.status == 200:
            self._note(group, json.loads(response.body), policy)
        elif response.status == 409 and self.lost:
            self._known[group] = None  # one that was lost came late
        else:
            self.unexpected.append(f"PUT of group {group}, version {known}: "
                                   f"{response}")

    def _note(self, group, shown, policy):
        version = shown["version"]
        if version <= (self._known.get(group) or 0):
            self.unexpected.append(
                f"PUT of group {group} gave version {version} after "
                f"{self._known[group]}")
        self._known[group] = version
        self._done[group, version] = policy

    def _look(self, group):
        response = self._operator.request("GET", f"groups/{group}")
        if response is None or response.status == UNAVAILABLE:
            return
        if response.status == 404:
            self._known[group] = 0
        elif response.status == 200:
            self._known[group] = json.loads(response.body)["version"]
        else:
            self.unexpected.append(f"GET of group {group}: {response}")

    def failures(self):
        """Once all programs live: of every group, also those that others have
        made."""
        rows = self._operator.pages("groups", "groups")
        stored = {row["id"]: row for row in rows}
        self._told.stop()
        return (self.unexpected + self._wrong_content(stored) +
                self._told.failures(stored) + self._not_applied(stored))

    def figures(self):
        return {"changes": len(self._told.versions), "lost": self.lost}

    def _wrong_content(self, stored):
        found = [f"group {group} is lost" for group, _ in self._done
                 if group not in stored]
        for group in _PREFIXES.keys() & stored.keys():
            row = dict(stored[group])
            del row["id"]
            version = row.pop("version")
            wanted = self._done.get((group, version))
            if row not in ([wanted] if wanted else self._sent[group]):
                found.append(f"group {group}, version {version} is {row}, "
                             f"not {wanted}")
            later = [v for g, v in self._done if g == group and v > version]
            if later:
                found.append(f"group {group} has version {version}, and "
                             f"{later} were given out")
        return found

    def _not_applied(self, stored):
        """What the logs of those that live do not say; and of all that ever
        lived, versions that came after a greater one."""
        wanted = {(group, row["version"]) for group, row in stored.items()}

        def lacking():
            return [f"{slot.name} has not applied {sorted(left)}"
                    for slot in self._fleet.slots.values()
                    if (left := wanted - set(_lives(slot.program)[-1]))]
        try:
            wait_until(lambda: not lacking(), "all have applied all groups",
                       _APPLIED_S)
        except AssertionError:
            return lacking()
        return [f"{name} went back: {versions}"
                for name, program in self._fleet.programs
                for versions in _lives(program) if not _grows(versions)]


def _lives(program):
    """Groups and versions as the log has them, of each life: what is restarted
    begins anew."""
    lives = [[]]
    for line in list(program.lines):
        found = _APPLIED.search(line)
        if " info started " in line:
            lives.append([])
        elif found:
            lives[-1].append((found[1], int(found[2])))
    return lives


def _grows(versions):
    highest = {}
    for group, version in versions:
        if version <= highest.get(group, 0):
            return False
        highest[group] = version
    return True


class _Told:
    """Reads the cluster events along, before their stream is trimmed.
    `versions`: pairs of a group and a version, as often as they were told."""

    def __init__(self, fleet):
        self._redis = PatientRedis(fleet)
        self._last = "-"
        self.versions = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        self._look()

    def _run(self):
        while not self._stopped.wait(_LOOK_S):
            self._look()

    def _look(self):
        for entry, flat in self._redis.call("XRANGE", "websub:{c}:events",
                                            self._last, "+"):
            self._last = "(" + entry.decode()
            words = [word.decode() for word in flat]
            fields = dict(zip(words[::2], words[1::2]))
            if fields["k"] == "config_changed":
                self.versions.append((fields["g"], int(fields["gv"])))

    def failures(self, stored):
        """Every version was told of once."""
        wanted = {(group, version) for group, row in stored.items()
                  for version in range(1, row["version"] + 1)}
        count = collections.Counter(self.versions)
        return ([f"config_changed of {change} came {n} times"
                 for change, n in count.items() if n > 1] +
                [f"config_changed of {change} did not come"
                 for change in sorted(wanted - count.keys())] +
                [f"config_changed of {change}, which is not stored"
                 for change in sorted(count.keys() - wanted)])
