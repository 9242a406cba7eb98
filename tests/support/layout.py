"""What is in Redis, whatever the number of shards: two layouts of the same data
give the same picture.  Events are known by their topic and body."""

import re

from support.keys import _pairs, digest, shard

EVERYTHING = digest("*")


def _decoded(flat):
    return {name.decode(): value for name, value in _pairs(flat).items()}


class Picture:
    def __init__(self, redis, shards, prefix="websub"):
        self.redis = redis
        self.subscriptions = {}  # (topic, callback id) -> record
        self.due = {}            # the same -> events, of those in cursor mode
        self.jobs = []           # (event, target, failures)
        self.parked = []
        self.verifications = []
        self.requests = {}
        self.dead = []
        self.events = []
        self.fetches = set()
        self.pulls = {}          # id -> topics
        self.pending_events = {} # id -> events that it has not received
        self.suspended = set()
        self.paused = set()
        self.counts = {}
        self.replicas = {}
        self.attempts = set()
        for n in range(shards):
            self._look(f"{prefix}:{{{n}}}:", n, shards)
        for rows in (self.jobs, self.verifications, self.dead, self.events):
            rows.sort(key=repr)

    def _keys(self, base, kind):
        found = self.redis.call(
            "KEYS", base.replace("{", "\\{") + kind + ":*")
        return [(key.decode(), key.decode()[len(base + kind) + 1:])
                for key in found]

    def _stream(self, key):
        return [(entry.decode(), _decoded(fields)) for entry, fields in
                self.redis.call("XRANGE", key, "-", "+")]

    def _look(self, base, number, shards):
        self.base = base
        self.log = {}
        for entry, fields in self._stream(base + "log"):
            self.log[entry] = (fields["t"].decode(), fields["b"])
            assert shard(self.log[entry][0], shards) == number, fields
        self.events += self.log.values()
        for key, event in self._keys(base, "kept"):
            fields = _decoded(self.redis.call("HGETALL", key))
            self.log[event] = (fields["t"].decode(), fields["b"])
        self._look_at_subscriptions(base, number, shards)
        self._look_at_work(base)
        self._look_at_pulls(base)
        for name, value in _decoded(
                self.redis.call("HGETALL", base + "counts")).items():
            if name not in ("home", "p"):  # parked jobs come due where they arrive
                self.counts[name] = self.counts.get(name, 0) + int(value)
        for key, host in self._keys(base, "hosts"):
            for field, value in _decoded(
                    self.redis.call("HGETALL", key)).items():
                name = host + field
                self.counts[name] = self.counts.get(name, 0) + int(value)

    def _look_at_subscriptions(self, base, number, shards):
        for key, td in self._keys(base, "sub"):
            rows = _decoded(self.redis.call("HGETALL", key))
            topic = rows.pop("t").decode()
            if topic == "*":
                self.replicas.update(
                    {cd: self.replicas.get(cd, 0) + 1 for cd in rows})
            else:
                assert shard(topic, shards) == number, topic
            for cd, record in rows.items():
                if topic == "*":
                    record = re.sub(rb"^(\d+ \d+ \d+ \d+ )[fc]", rb"\1-",
                                    record)
                self.subscriptions[topic, cd] = record
            for cd, log in _decoded(self.redis.call(
                    "HGETALL", base + "attempts:" + td)).items():
                self.attempts.add((topic, cd, log if topic != "*" else ""))
            for cd, text in _decoded(self.redis.call(
                    "HGETALL", base + "cursor:" + td)).items():
                self._look_at_cursor(base, topic, td, cd, text.decode())

    def _look_at_cursor(self, base, topic, td, cd, text):
        at, first, second = (text.split(" ")[n] for n in (2, 5, 6))
        due = {self.log[f"{int(ms)}-{int(seq)}"] for ms, seq in (
            re.match(r"(\d+)-(\d+)", member.decode()).groups()
            for member in self.redis.call(
                "ZRANGE", f"{base}missed:{td}:{cd}", 0, -1))}
        for event, _ in self._stream(f"{base}events:{td}"):
            if _id(event) > _id(at) and (first == "-" or _id(
                    event) <= _id(first) or second != "-" and _id(
                    event) > _id(second)):
                due.add(self.log[event])
        self.due[topic, cd] = self.due.get((topic, cd), set()) | due
        for held in ("suspended", "paused"):
            if self.redis.call("ZSCORE", base + held, f"{td}:{cd}"):
                getattr(self, held).add((topic, cd))

    def _waiting(self, key):
        """The entries of a lane that are not settled."""
        entries = self._stream(key)
        groups = self.redis.call("XINFO", "GROUPS", key) if entries else []
        if not groups:
            return entries
        claimed = _id(_pairs(groups[0])[b"last-delivered-id"].decode())
        held = {row[0].decode() for row in self.redis.call(
            "XPENDING", key, "deliver", "-", "+", 100000)}
        return [(entry, fields) for entry, fields in entries
                if entry in held or _id(entry) > claimed]

    def _member(self, member):
        kind, rest = member.decode().split(" ", 1)
        if kind == "d":
            event, target, failures, _ = rest.split(" ")
            self.jobs.append((self.log[event], target, int(failures)))
        elif kind == "v":
            self.verifications.append(rest.split(" ")[0])

    def _look_at_work(self, base):
        for lane in ("outbox", "bulk"):
            for _, fields in self._waiting(base + lane):
                for target in fields.get("c", b"").decode().split():
                    if "e" in fields:
                        self.jobs.append((self.log[fields["e"].decode()],
                                          target, int(fields.get("n", 0))))
        for _, fields in self._waiting(base + "verify"):
            self.verifications.append(fields["q"].decode())
        for member in self.redis.call("ZRANGE", base + "retry", 0, -1):
            self._member(member)
        for key, _ in self._keys(base, "parked"):
            for member in self.redis.call("LRANGE", key, 0, -1):
                self._member(member)
        for key, q in self._keys(base, "request"):
            self.requests[q] = _decoded(self.redis.call("HGETALL", key))
        for _, fields in self._stream(base + "dead"):
            event = self.log.get(fields["e"].decode())
            self.dead.append((event, fields["c"], fields["cb"],
                              fields["why"]))
        for name in ("fetch", "validations"):
            self.fetches |= set(self.redis.call("ZRANGE", base + name, 0, -1))
        self.fetches |= set(self.redis.call("HKEYS", base + "fetching"))

    def _look_at_pulls(self, base):
        for key, name in self._keys(base, "pull"):
            self.pulls[name] = _decoded(
                self.redis.call("HGETALL", key))["t"]


def _id(text):
    return tuple(int(part) for part in text.split(":")[0].split("-"))
